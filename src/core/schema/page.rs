//! All there is to say of one symbol, for a person to read.

use std::path::PathBuf;

use prost_reflect::DescriptorPool;

use super::{
    Origin, Schema, SymbolKind,
    describe::{describe, describe_in},
    option_text::option_entries,
    proto_text::ProtoText,
    scan, source,
    unit::Unit,
    uses::Uses,
};

/// Tag of `FileDescriptorProto.extension`.
const EXTENSION: i32 = 7;

/// Uses that a page lists; of the rest it has the number.
const MAX_USES: usize = 2000;

/// A symbol's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolPage {
    /// Full name; of a method `pkg.Service/Method`.
    pub symbol: String,
    /// What stands before its label: a package, or what it is nested in.
    pub scope: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The file that defines it, as others import it.
    pub file: String,
    /// Which source the file belongs to.
    pub origin: Origin,
    /// Where the file is on disk, if it is a source.
    pub path: Option<PathBuf>,
    /// Marked deprecated.
    pub deprecated: bool,
    /// As the file has it, without its marks.
    pub comment: String,
    /// `name = value` for each option that is set, but for `deprecated`.
    pub options: Vec<String>,
    /// It as proto source; of a method with its messages. Empty where it cannot be built.
    pub definition: ProtoText,
    /// Its file.
    pub source: Option<SourceText>,
    /// Who names it; `None` for what cannot be named as a type.
    pub uses: Option<Uses>,
}

/// The source of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Where it is; `None` if it was printed from descriptors, for want of a source.
    pub path: Option<PathBuf>,
    /// Its text.
    pub text: ProtoText,
    /// The line of the symbol, from 1.
    pub line: Option<usize>,
}

impl SymbolPage {
    /// What its comment says about its being deprecated, by the conventions in use: the rest of a paragraph
    /// in which a line begins with `Deprecated:` (or `@deprecated`, or `DEPRECATED`).
    pub fn deprecation(&self) -> Option<&str> {
        const WORD: &str = "deprecated";
        let mut at = 0;
        for line in self.comment.split_inclusive('\n') {
            let text = self.comment.get(at..)?.trim_start_matches([' ', '@']);
            at += line.len();
            let Some((word, rest)) = text.split_at_checked(WORD.len()) else {
                continue;
            };
            if !word.eq_ignore_ascii_case(WORD) || rest.starts_with(char::is_alphanumeric) {
                continue;
            }
            let rest = rest.trim_start_matches([':', '.', ',', '-', ' ', '\n']);
            let reason = rest.split("\n\n").next().unwrap_or_default().trim();
            return (!reason.is_empty()).then_some(reason);
        }
        None
    }
}

impl Schema {
    /// Writes a symbol's page: builds its closure, reads its file and looks through the schema for uses.
    /// Blocking, tens of milliseconds in a large schema.
    pub fn page_of(&self, symbol: &str) -> Option<SymbolPage> {
        let found = self.find(symbol)?;
        let (symbol, kind) = (found.path(), found.kind());
        let unit = self.inner.unit_of(symbol)?;
        let options = self.options_of(symbol, kind);
        let marked = |option: &String| option == "deprecated = true";
        let uses = match kind {
            SymbolKind::Message | SymbolKind::Enum => Some(self.uses_of(symbol, MAX_USES)),
            SymbolKind::Service | SymbolKind::Method(_) => None,
        };
        Some(SymbolPage {
            symbol: symbol.to_owned(),
            scope: found.scope().to_owned(),
            kind,
            file: unit.name.clone(),
            origin: unit.origin,
            path: unit.path.clone(),
            deprecated: found.deprecated(),
            comment: self.comment_of(symbol),
            options: options.into_iter().filter(|it| !marked(it)).collect(),
            definition: self.definition_of(symbol),
            source: self.source_of(symbol),
            uses,
        })
    }

    /// Fields, methods and extensions that name a message or an enum; at most `limit` of them. Reads the
    /// whole schema: CPU work for a large one.
    pub fn uses_of(&self, symbol: &str, limit: usize) -> Uses {
        super::uses::uses_of(&self.inner, symbol, limit)
    }

    /// The file that defines a symbol: as it is on disk, if that is what was compiled, else as its
    /// descriptors have it.
    pub fn source_of(&self, symbol: &str) -> Option<SourceText> {
        let unit = self.inner.unit_of(symbol)?;
        let on_disk = unit.path.clone();
        let on_disk = on_disk.and_then(|path| Some((source::unchanged(&path, &unit.hash)?, path)));
        let Some((bytes, path)) = on_disk else {
            return self.printed(unit, symbol);
        };
        let text = scan::decode_source(&bytes);
        let place = unit.outline.path_of(symbol);
        let place = place.and_then(|path| unit.place_of(&path));
        Some(SourceText {
            text: self.proto_text(text, &unit.outline.package),
            line: place.map(|(line, _)| line),
            path: Some(path),
        })
    }

    /// What a file defines, one after the other.
    fn printed(&self, unit: &Unit, symbol: &str) -> Option<SourceText> {
        let mut text = format!("// Printed from the descriptors of {}.\n", unit.name);
        if !unit.outline.package.is_empty() {
            text.push_str(&format!("package {};\n", unit.outline.package));
        }
        for import in &unit.imports {
            text.push_str(&format!("import \"{}\";\n", import.name));
        }
        let mut line = None;
        for (name, path) in unit.outline.symbols() {
            // The values of an enum stand beside it, and come with it.
            let own = self.find(name).is_some() || path.first() == Some(&EXTENSION);
            let Some(part) = describe(self, name).filter(|_| own) else {
                continue;
            };
            text.push('\n');
            let rest = symbol.strip_prefix(name);
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/'])) {
                let own = symbol.rsplit(['.', '/']).next().unwrap_or(symbol);
                let inside = part.lines().position(|line| declares(line, own));
                line = Some(text.lines().count() + 1 + inside.unwrap_or(0));
            }
            text.push_str(&part);
        }
        Some(SourceText {
            text: self.proto_text(text, ""),
            line,
            path: None,
        })
        .filter(|it| it.line.is_some())
    }

    fn definition_of(&self, symbol: &str) -> ProtoText {
        let mut names = vec![symbol.to_owned()];
        if let Some(method) = self.catalogue().method(symbol) {
            names.extend([method.input.clone(), method.output.clone()]);
            names.dedup();
        }
        // A method's pool has its types, too.
        let pool = self.pool_of(symbol);
        let parts = names
            .iter()
            .filter_map(|name| describe_in(self, pool.as_ref()?, name));
        let parts: Vec<String> = parts.map(|part| part.trim().to_owned()).collect();
        // What is described has its names in full.
        self.proto_text(parts.join("\n\n"), "")
    }

    fn proto_text(&self, text: String, scope: &str) -> ProtoText {
        ProtoText::new(text, scope, &|name, scope| match name.strip_prefix('.') {
            Some(full) => self.inner.has_type(full).then(|| full.to_owned()),
            None => self.inner.type_in_scope(name, scope),
        })
    }

    fn options_of(&self, symbol: &str, kind: SymbolKind) -> Vec<String> {
        let Some(pool): Option<DescriptorPool> = self.pool_of(symbol) else {
            return Vec::new();
        };
        let options = match kind {
            SymbolKind::Service => pool.get_service_by_name(symbol).map(|it| it.options()),
            SymbolKind::Method(_) => self.method(symbol).map(|it| it.options()),
            SymbolKind::Message => pool.get_message_by_name(symbol).map(|it| it.options()),
            SymbolKind::Enum => pool.get_enum_by_name(symbol).map(|it| it.options()),
        };
        options.map(|it| option_entries(&it)).unwrap_or_default()
    }
}

/// Whether a line of proto source begins the definition of a name.
fn declares(line: &str, name: &str) -> bool {
    let mut words = line.split_whitespace();
    let keyword = words.next().unwrap_or_default();
    matches!(keyword, "message" | "enum" | "service" | "rpc")
        && words.next().is_some_and(|word| {
            let rest = word.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['(', '{']))
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use crate::schema::{ProtoToken, UseRole, compile};

    const SOURCE: &str = r#"syntax = "proto3";
package lib;

// A book.
//
// Deprecated: use `Tome`.
message Book {
  option deprecated = true;
  string title = 1;
}

message Tome { Book was = 1; }

// Lends.
service Library {
  rpc Get(Tome) returns (Book) { option idempotency_level = NO_SIDE_EFFECTS; }
}
"#;

    fn library() -> (tempfile::TempDir, Schema) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.proto");
        std::fs::write(&path, SOURCE).unwrap();
        let loaded = compile(&[path], &[]);
        assert_eq!(loaded.problems, []);
        (folder, loaded.schema)
    }

    #[test]
    fn a_page_says_all_there_is() {
        let (_folder, schema) = library();
        let page = schema.page_of("lib.Book").unwrap();
        assert_eq!(
            (page.scope.as_str(), page.kind),
            ("lib", SymbolKind::Message)
        );
        assert_eq!(page.file, "lib.proto");
        assert!(page.deprecated);
        assert_eq!(page.deprecation(), Some("use `Tome`."));
        assert!(page.comment.starts_with("A book."));
        assert_eq!(page.options, [""; 0]);
        assert!(page.definition.text.contains("string title = 1;"));
        let uses = page.uses.unwrap();
        let uses: Vec<_> = uses
            .list
            .iter()
            .map(|it| (it.owner.as_str(), it.role))
            .collect();
        let expected = [
            ("lib.Library/Get", UseRole::Response),
            ("lib.Tome", UseRole::Field),
        ];
        assert_eq!(uses, expected);

        let method = schema.page_of("lib.Library.Get").unwrap();
        assert_eq!(method.symbol, "lib.Library/Get");
        assert_eq!(method.options, ["idempotency_level = NO_SIDE_EFFECTS"]);
        assert!(method.definition.text.contains("message Tome"));
        assert_eq!((method.uses, method.deprecated), (None, false));
        assert_eq!(schema.page_of("lib.Nothing"), None);
    }

    #[test]
    fn the_source_is_shown_only_while_it_is_the_one_compiled() {
        let (folder, schema) = library();
        let source = schema.source_of("lib.Library").unwrap();
        assert_eq!(source.text.text, SOURCE);
        assert_eq!(source.line, Some(15));
        assert!(source.path.is_some());
        let get = schema.source_of("lib.Library/Get").unwrap();
        assert_eq!(get.line, Some(16));
        let tome = SOURCE.find("(Tome)").unwrap() + 1;
        let link = get.text.spans.iter().find(|span| span.range.start == tome);
        let token = link.map(|span| span.token.clone());
        assert_eq!(token, Some(ProtoToken::Type("lib.Tome".to_owned())));

        let path = folder.path().join("lib.proto");
        std::fs::write(&path, format!("// new\n{SOURCE}")).unwrap();
        assert_eq!(schema.source_of("lib.Library").unwrap().path, None);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(schema.source_of("lib.Library").unwrap().path, None);
        assert_eq!(schema.source_of("lib.Nothing"), None);
    }

    #[test]
    fn a_file_without_a_source_is_printed() {
        let (_folder, schema) = library();
        let set = Schema::from_pool(schema.whole_pool().clone());
        for (symbol, line) in [
            ("lib.Book", "message Book {"),
            ("lib.Tome", "message Tome {"),
            ("lib.Library", "service Library {"),
            (
                "lib.Library/Get",
                "  rpc Get(lib.Tome) returns (lib.Book) {",
            ),
        ] {
            let source = set.source_of(symbol).unwrap();
            assert_eq!(source.path, None);
            let at = source.line.unwrap() - 1;
            assert_eq!(source.text.text.lines().nth(at), Some(line), "{symbol}");
        }
    }

    #[test]
    fn the_reason_is_found_by_the_conventions_in_use() {
        let (_folder, schema) = library();
        let page = schema.page_of("lib.Book").unwrap();
        for (comment, reason) in [
            ("Deprecated: gone soon.", Some("gone soon.")),
            (
                "A book.\n\nDEPRECATED. Use X\ninstead.",
                Some("Use X\ninstead."),
            ),
            ("@deprecated use X", Some("use X")),
            (
                "Sets it.\nDeprecated. Use X\ninstead.\n\nMore.",
                Some("Use X\ninstead."),
            ),
            ("Deprecated.", None),
            ("Deprecatedness is a word", None),
            ("A book that is deprecated: really", None),
            ("é", None),
        ] {
            let comment = comment.to_owned();
            let page = SymbolPage {
                comment,
                ..page.clone()
            };
            assert_eq!(page.deprecation(), reason, "{}", page.comment);
        }
    }
}
