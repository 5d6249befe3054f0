//! The fields that a `FieldMask` may name, as a tree, and the paths it names.
//!
//! Paths are those of ProtoJSON: each field's name in lowerCamelCase, whatever its `json_name` is.
//! Below a list or a map a mask names nothing, so these are leaves.
//! Spec: the comments of `google/protobuf/field_mask.proto`; AIP-134, AIP-157 and AIP-161 for what a mask
//! is about.

use std::fmt;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::{
    message::{
        Path, Step,
        encode::{camel, snake_path},
        find_field,
        form::kind::{well_known, wrapped},
    },
    schema::{fields_in_order, type_name},
};

/// The paths of a mask, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mask {
    paths: Vec<String>,
}

/// How a mask holds a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Not at all.
    No,
    /// By its name.
    Named,
    /// By the name of something above it.
    Above,
    /// In part: it names something below.
    Partly,
}

/// A field that a mask may name.
#[derive(Debug, Clone)]
pub struct MaskField {
    /// Name as in the file.
    pub name: String,
    /// Its path from the root, as the mask writes it; `None` where that would be read back as another name.
    pub path: Option<String>,
    /// Type as written in a proto file.
    pub type_name: String,
    /// The message whose fields are below it.
    pub below: Option<MessageDescriptor>,
}

/// A message that a mask may be about.
#[derive(Debug, Clone)]
pub struct MaskTarget {
    /// Where it stands, in the names of the proto file: `book`, `response.books`.
    pub label: String,
    /// Its type.
    pub message: MessageDescriptor,
}

impl Mask {
    /// Reads the text of a mask; paths need not be fields of anything.
    pub fn parse(text: &str) -> Self {
        let paths = text
            .split(',')
            .map(str::trim)
            .filter(|path| !path.is_empty());
        Self {
            paths: paths.map(str::to_owned).collect(),
        }
    }

    /// Its paths.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// How it holds a path.
    pub fn checked(&self, path: &str) -> Checked {
        let mut checked = Checked::No;
        for own in &self.paths {
            if own == path {
                return Checked::Named;
            }
            if is_below(path, own) {
                checked = Checked::Above;
            } else if checked == Checked::No && is_below(own, path) {
                checked = Checked::Partly;
            }
        }
        checked
    }

    /// Names a path; what was named below it is held by it from now on.
    pub fn add(&mut self, path: &str) {
        if matches!(self.checked(path), Checked::Named | Checked::Above) {
            return;
        }
        let at = self.paths.iter().position(|own| is_below(own, path));
        self.paths.retain(|own| !is_below(own, path));
        let at = at.unwrap_or(self.paths.len()).min(self.paths.len());
        self.paths.insert(at, path.to_owned());
    }

    /// Takes a path out. Where something above it was named, all that is beside it is named instead:
    /// `target` is the message the mask is about.
    pub fn remove(&mut self, path: &str, target: &MessageDescriptor) {
        self.paths.retain(|own| own != path && !is_below(own, path));
        while let Some(at) = self.paths.iter().position(|own| is_below(path, own)) {
            let above = self.paths.remove(at);
            let Some(message) = message_at(target, &above) else {
                return;
            };
            let fields = mask_fields(&message, &above).into_iter();
            let beside = fields
                .filter_map(|field| field.path)
                .filter(|own| own != path);
            let beside: Vec<String> = beside.collect();
            self.paths.splice(at..at, beside);
        }
    }

    /// The paths that a message does not have.
    pub fn unknown<'a>(&'a self, target: &MessageDescriptor) -> Vec<&'a str> {
        let paths = self.paths.iter().map(String::as_str);
        paths
            .filter(|path| field_at(target, path).is_none())
            .collect()
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.paths.join(","))
    }
}

/// The fields of a message in the order of its file; `above` is the message's own path, empty for the root.
pub fn mask_fields(message: &MessageDescriptor, above: &str) -> Vec<MaskField> {
    let fields = fields_in_order(message);
    fields
        .map(|field| {
            let own = camel(field.name());
            let is_read_back = snake_path(&own).is_ok_and(|name| name == field.name());
            let path = match above {
                "" => own,
                above => format!("{above}.{own}"),
            };
            MaskField {
                name: field.name().to_owned(),
                path: is_read_back.then_some(path),
                type_name: type_name(&field),
                below: fields_below(&field),
            }
        })
        .collect()
}

/// The messages that a mask may be about, the likeliest first. `owner` is the message that has the mask
/// under this name, `output` the response of the call.
pub fn mask_targets(
    owner: &MessageDescriptor,
    mask: &str,
    output: Option<&MessageDescriptor>,
) -> Vec<MaskTarget> {
    let beside = members(owner, "");
    let of_output = output.map_or_else(Vec::new, |output| {
        let mut found = items(output);
        // Of a page of a list the mask is about what is on it (AIP-158), of a book about the book.
        let is_page = output.get_field_by_name("next_page_token").is_some();
        let at = if is_page { found.len() } else { 0 };
        let whole = MaskTarget {
            label: "response".to_owned(),
            message: output.clone(),
        };
        found.insert(at, whole);
        found
    });
    let is_read = ["read", "response", "output", "view", "get"];
    let is_read = is_read.iter().any(|word| mask.starts_with(word)) || beside.is_empty();
    let mut targets = Vec::new();
    let (first, second) = if is_read {
        (of_output, beside)
    } else {
        (beside, of_output)
    };
    targets.extend(first);
    targets.extend(second);
    targets.push(MaskTarget {
        label: owner.name().to_owned(),
        message: owner.clone(),
    });
    // `shelf_mask` is about `shelf`, and what `UpdateShelfRequest` updates is a `Shelf`.
    let meant = mask
        .strip_suffix("_field_mask")
        .or_else(|| mask.strip_suffix("_mask"));
    let subject = ["Update", "Patch", "Modify", "Set", "Create"];
    let subject = subject.iter().find_map(|verb| {
        let rest = owner.name().strip_prefix(verb)?;
        rest.strip_suffix("Request")
    });
    targets.sort_by_key(|target| {
        let named = Some(target.label.as_str()) == meant;
        let typed = Some(target.message.name()) == subject && !target.label.contains('.');
        (!named, is_read || !typed)
    });
    targets
}

/// The message that has the field at a path of a body; what stands in an Any is not looked into.
pub fn mask_owner(root: &MessageDescriptor, path: &Path) -> Option<(MessageDescriptor, String)> {
    let (last, above) = path.0.split_last()?;
    let mut message = root.clone();
    let mut steps = above.iter();
    while let Some(step) = steps.next() {
        let Step::Key(key) = step else {
            return None;
        };
        let field = find_field(&message, key)?;
        if field.is_list() || field.is_map() {
            steps.next()?;
        }
        message = value_message(&field)?;
    }
    let name = match last {
        Step::Key(key) => find_field(&message, key)?.name().to_owned(),
        Step::Index(_) => return None,
    };
    Some((message, name))
}

/// What a value of a field is, when it is a message with fields of its own.
fn value_message(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let kind = match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    };
    match kind {
        Kind::Message(message) if well_known(&message).is_none() && wrapped(&message).is_none() => {
            Some(message)
        }
        _ => None,
    }
}

fn fields_below(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    if field.is_list() || field.is_map() {
        return None;
    }
    value_message(field).filter(|message| message.fields().len() > 0)
}

fn members(owner: &MessageDescriptor, above: &str) -> Vec<MaskTarget> {
    fields_in_order(owner)
        .filter_map(|field| {
            Some(MaskTarget {
                message: fields_below(&field)?,
                label: format!("{above}{}", field.name()),
            })
        })
        .collect()
}

fn items(output: &MessageDescriptor) -> Vec<MaskTarget> {
    fields_in_order(output)
        .filter(|field| field.is_list())
        .filter_map(|field| {
            Some(MaskTarget {
                message: value_message(&field)?,
                label: format!("response.{}", field.name()),
            })
        })
        .collect()
}

/// Whether a path leads to something below another.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// The field at a mask's path.
fn field_at(target: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    let mut message = Some(target.clone());
    let mut found = None;
    for segment in path.split('.') {
        let field = message?.get_field_by_name(&snake_path(segment).ok()?)?;
        message = fields_below(&field);
        found = Some(field);
    }
    found
}

fn message_at(target: &MessageDescriptor, path: &str) -> Option<MessageDescriptor> {
    fields_below(&field_at(target, path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::fixture::compile;

    const LIBRARY: &str = r#"
        syntax = "proto3";
        package lib;
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/timestamp.proto";
        message Author { string full_name = 1; Author mentor = 2; }
        message Book {
            string name = 1;
            Author main_author = 2 [json_name = "writer"];
            repeated Author editors = 3;
            map<string, Author> by_role = 4;
            google.protobuf.Timestamp create_time = 5;
            int32 page__count = 6;
        }
        message Shelf { string theme = 1; }
        message UpdateBookRequest {
            Shelf shelf = 1;
            Book book = 2;
            google.protobuf.FieldMask update_mask = 3;
            google.protobuf.FieldMask shelf_mask = 4;
            google.protobuf.FieldMask read_mask = 5;
        }
        message GetBookRequest { string name = 1; google.protobuf.FieldMask read_mask = 2; }
        message ListBooksResponse { repeated Book books = 1; string next_page_token = 2; }
        message Batch { repeated UpdateBookRequest requests = 1; map<string, UpdateBookRequest> named = 2; }
    "#;

    fn message(name: &str) -> MessageDescriptor {
        compile(LIBRARY)
            .get_message_by_name(&format!("lib.{name}"))
            .unwrap()
    }

    #[test]
    fn the_fields_of_a_message_are_a_tree_of_paths() {
        let fields = mask_fields(&message("Book"), "");
        let shown: Vec<_> = fields
            .iter()
            .map(|field| {
                let path = field.path.as_deref().unwrap_or("-");
                (field.name.as_str(), path, field.below.is_some())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("name", "name", false),
                // By its name, whatever its JSON name is.
                ("main_author", "mainAuthor", true),
                ("editors", "editors", false),
                ("by_role", "byRole", false),
                ("create_time", "createTime", false),
                ("page__count", "-", false),
            ]
        );
        let author = fields.into_iter().nth(1).and_then(|field| field.below);
        let below = mask_fields(&author.unwrap(), "mainAuthor");
        let paths: Vec<_> = below.into_iter().filter_map(|field| field.path).collect();
        assert_eq!(paths, ["mainAuthor.fullName", "mainAuthor.mentor"]);
    }

    #[test]
    fn paths_are_named_and_taken_out() {
        let book = message("Book");
        for (before, add, path, after) in [
            ("", true, "name", "name"),
            ("name", true, "name", "name"),
            ("a,name", true, "editors", "a,name,editors"),
            (
                "mainAuthor.fullName,name,mainAuthor.mentor",
                true,
                "mainAuthor",
                "mainAuthor,name",
            ),
            ("mainAuthor", true, "mainAuthor.fullName", "mainAuthor"),
            ("name,editors", false, "name", "editors"),
            ("name", false, "editors", "name"),
            (
                "name,mainAuthor,editors",
                false,
                "mainAuthor.mentor",
                "name,mainAuthor.fullName,editors",
            ),
            (
                "mainAuthor",
                false,
                "mainAuthor.mentor.mentor",
                "mainAuthor.fullName,mainAuthor.mentor.fullName",
            ),
            (
                "mainAuthor.mentor.fullName,name",
                false,
                "mainAuthor",
                "name",
            ),
        ] {
            let mut mask = Mask::parse(before);
            if add {
                mask.add(path);
            } else {
                mask.remove(path, &book);
            }
            assert_eq!(mask.to_string(), after, "{before} {path}");
        }
    }

    #[test]
    fn a_mask_knows_how_it_holds_a_path_and_what_is_no_field() {
        let mask = Mask::parse("mainAuthor.mentor, name,editors.fullName,main_author,nope");
        for (path, checked) in [
            ("name", Checked::Named),
            ("mainAuthor", Checked::Partly),
            ("mainAuthor.mentor", Checked::Named),
            ("mainAuthor.mentor.fullName", Checked::Above),
            ("mainAuthor.fullName", Checked::No),
            ("nam", Checked::No),
        ] {
            assert_eq!(mask.checked(path), checked, "{path}");
        }
        assert_eq!(
            mask.unknown(&message("Book")),
            ["editors.fullName", "main_author", "nope"]
        );
    }

    #[test]
    fn what_a_mask_is_about_is_guessed() {
        let page = message("ListBooksResponse");
        let book = message("Book");
        for (owner, mask, output, expected) in [
            ("UpdateBookRequest", "update_mask", Some(&book), "book"),
            ("UpdateBookRequest", "shelf_mask", Some(&book), "shelf"),
            ("UpdateBookRequest", "read_mask", Some(&book), "response"),
            ("GetBookRequest", "read_mask", Some(&page), "response.books"),
            ("GetBookRequest", "fields", Some(&book), "response"),
            ("GetBookRequest", "read_mask", None, "GetBookRequest"),
        ] {
            let targets = mask_targets(&message(owner), mask, output);
            let first = targets.first().map(|target| target.label.as_str());
            assert_eq!(first, Some(expected), "{owner}.{mask}");
        }
        let all = mask_targets(&message("UpdateBookRequest"), "update_mask", Some(&page));
        let labels: Vec<_> = all.iter().map(|target| target.label.as_str()).collect();
        assert_eq!(
            labels,
            [
                "book",
                "shelf",
                "response.books",
                "response",
                "UpdateBookRequest"
            ]
        );
    }

    #[test]
    fn the_owner_is_found_through_lists_and_maps() {
        let batch = message("Batch");
        let root = Path::root();
        for (path, expected) in [
            (
                root.key("requests").index(3).key("updateMask"),
                Some("update_mask"),
            ),
            (
                root.key("named").key("x").key("shelf_mask"),
                Some("shelf_mask"),
            ),
            (root.key("requests").index(3), None),
            (root.key("nope").key("updateMask"), None),
            (root, None),
        ] {
            let owner = mask_owner(&batch, &path);
            let shown = owner.map(|(message, field)| {
                assert_eq!(message.name(), "UpdateBookRequest");
                field
            });
            assert_eq!(shown.as_deref(), expected, "{path}");
        }
    }
}
