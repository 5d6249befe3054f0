//! How the responses of a request are compared: `settings.compare` of its file, written only where it says
//! something.
//!
//! ```json
//! "compare": {
//!   "ignore": ["meta.request_id", "items[*].updated_at", "@unset"],
//!   "ignore_metadata": ["date"],
//!   "keys": {"items": "id", "tags": "@set"},
//!   "stream_key": "id",
//!   "float_tolerance": 0.001,
//!   "time_tolerance_ms": 1000
//! }
//! ```

use super::{
    edit::{Editor, Step},
    json::{self, Members},
    request::{begin_settings, edit_optional, edit_value, end_settings},
};

/// Order of the members.
const KEYS: [&str; 6] = [
    "ignore",
    "ignore_metadata",
    "keys",
    "stream_key",
    "float_tolerance",
    "time_tolerance_ms",
];

/// What counts as a difference between two responses of a request. All texts as the person wrote them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CompareSettings {
    /// Field paths and kinds (`@unset`, `@order`, `@unknown`, `@types`) that are no difference.
    pub ignore: Vec<String>,
    /// Keys of metadata that are no difference; absent: those that differ by their nature.
    pub ignore_metadata: Option<Vec<String>>,
    /// How lists are aligned, by their path: the path of a key in the item, or `@set`, `@position`.
    pub keys: Vec<(String, String)>,
    /// The path of the key by which the messages of two streams are aligned; absent: by position.
    pub stream_key: Option<String>,
    /// Floats that differ by no more are equal.
    pub float_tolerance: Option<f64>,
    /// Timestamps and Durations that differ by no more milliseconds are equal.
    pub time_tolerance_ms: Option<u64>,
}

impl CompareSettings {
    /// Reads `settings.compare`.
    pub(super) fn parse(file: &Members<'_>) -> Result<Self, String> {
        let Some(settings) = file.object("settings")? else {
            return Ok(Self::default());
        };
        let Some(compare) = settings.object("compare")? else {
            return Ok(Self::default());
        };
        let keys = match compare.object("keys")? {
            Some(keys) => keys.texts()?,
            None => Vec::new(),
        };
        let ignore_metadata = match compare.list("ignore_metadata")? {
            Some(_) => Some(compare.strings("ignore_metadata")?),
            None => None,
        };
        Ok(Self {
            ignore: compare.strings("ignore")?,
            ignore_metadata,
            keys,
            stream_key: compare.string("stream_key")?,
            float_tolerance: compare.number("float_tolerance")?,
            time_tolerance_ms: compare.count("time_tolerance_ms")?,
        })
    }

    /// Writes what differs into `settings` of a file.
    pub(super) fn edit(
        editor: &mut Editor,
        old: &Self,
        new: &Self,
        order: &[&str],
        settings_order: &[&str],
    ) -> Result<(), String> {
        if old == new {
            return Ok(());
        }
        let settings = begin_settings(editor, order)?;
        let at = [Step::Key("settings"), Step::Key("compare")];
        if editor.members(&at).is_none() {
            editor.set(&settings, "compare", "{}", settings_order)?;
        }
        if old.ignore != new.ignore {
            let list = (!new.ignore.is_empty()).then(|| list(editor, &new.ignore));
            edit_value(editor, &at, "ignore", list.as_deref(), &KEYS)?;
        }
        if old.ignore_metadata != new.ignore_metadata {
            let list = new.ignore_metadata.as_ref().map(|keys| list(editor, keys));
            edit_value(editor, &at, "ignore_metadata", list.as_deref(), &KEYS)?;
        }
        if old.keys != new.keys {
            let pairs: Vec<String> = new
                .keys
                .iter()
                .map(|(path, key)| format!("{}: {}", json::quoted(path), json::quoted(key)))
                .collect();
            let object = (!pairs.is_empty()).then(|| format!("{{{}}}", pairs.join(", ")));
            edit_value(editor, &at, "keys", object.as_deref(), &KEYS)?;
        }
        let names = (old.stream_key.as_deref(), new.stream_key.as_deref());
        edit_optional(editor, &at, "stream_key", names.0, names.1, &KEYS)?;
        if old.float_tolerance != new.float_tolerance {
            let number = new.float_tolerance.map(|number| number.to_string());
            edit_value(editor, &at, "float_tolerance", number.as_deref(), &KEYS)?;
        }
        if old.time_tolerance_ms != new.time_tolerance_ms {
            let number = new.time_tolerance_ms.map(|number| number.to_string());
            edit_value(editor, &at, "time_tolerance_ms", number.as_deref(), &KEYS)?;
        }
        if editor.members(&at) == Some(0) {
            editor.remove(&settings, "compare")?;
        }
        end_settings(editor, &settings)
    }
}

fn list(editor: &Editor, texts: &[String]) -> String {
    let items: Vec<String> = texts.iter().map(|text| json::quoted(text)).collect();
    editor.list(&items)
}

#[cfg(test)]
mod tests {
    use super::super::RequestFile;
    use super::*;

    fn full() -> CompareSettings {
        CompareSettings {
            ignore: vec!["meta.request_id".to_owned(), "@unset".to_owned()],
            ignore_metadata: Some(Vec::new()),
            keys: vec![("items".to_owned(), "id".to_owned())],
            stream_key: Some("id".to_owned()),
            float_tolerance: Some(0.001),
            time_tolerance_ms: Some(1500),
        }
    }

    fn edited(text: &str, new: &CompareSettings) -> String {
        let old = RequestFile::parse(text, "x").unwrap();
        let new = RequestFile {
            compare: new.clone(),
            ..old.clone()
        };
        let text = RequestFile::edit(text.to_owned(), &old, &new).unwrap();
        assert_eq!(RequestFile::parse(&text, "x").unwrap(), new, "{text}");
        text
    }

    #[test]
    fn rules_go_into_the_file_and_out_again_without_a_trace() {
        for text in [
            "{\n  \"name\": \"a\"\n}\n",
            "{\n  \"name\": \"a\",\n  \"settings\": {\n    \"tls\": true\n  }\n}\n",
        ] {
            let with = edited(text, &full());
            assert_eq!(edited(&with, &CompareSettings::default()), text);
        }
    }

    #[test]
    fn what_others_put_there_stays() {
        let text = "{\n  \"settings\": {\n    // ours\n    \"compare\": {\"ignore\": [\"a\"], \"later\": 1}\n  }\n}\n";
        let with = edited(text, &full());
        assert!(
            with.contains("\"later\": 1") && with.contains("// ours"),
            "{with}"
        );
        let without = edited(&with, &CompareSettings::default());
        assert!(without.contains("\"compare\": {\"later\": 1}"), "{without}");
    }

    #[test]
    fn a_value_of_another_type_is_told_with_its_place() {
        for (text, wanted) in [
            (
                "{\"settings\": {\"compare\": 1}}",
                "1:26: `compare` must be an object",
            ),
            (
                "{\"settings\": {\"compare\": {\"keys\": {\"a\": 1}}}}",
                "1:41: `a` must be a string",
            ),
            (
                "{\"settings\": {\"compare\": {\"float_tolerance\": -1}}}",
                "1:46: `float_tolerance` must be a number, zero or more",
            ),
        ] {
            assert_eq!(RequestFile::parse(text, "x").unwrap_err(), wanted);
        }
    }
}
