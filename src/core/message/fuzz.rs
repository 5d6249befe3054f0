//! Fuzz targets of messages: wire bytes to JSON, and JSON to wire bytes.

use std::sync::{
    LazyLock,
    atomic::{AtomicBool, AtomicU64},
};

use bytes::Bytes;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

use super::{
    Document, JsonOptions, NodeKind, Printer, Scope, ValueRef, encode,
    lazy::{Drawing, Query, Row, RowKind, RowLayout},
    to_json,
};
pub use super::{
    decode::diff::fuzz::message_diff, validate::fuzz::message_rules, wire_tree::fuzz::wire_tree,
};
use crate::fuzz::Input;

/// `testdata/wire.proto` and `testdata/wire2.proto`.
pub(super) static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
    let pool = protox::compile(["wire.proto", "wire2.proto"], [folder])
        .map(DescriptorPool::from_file_descriptor_set);
    match pool {
        Ok(Ok(pool)) => pool,
        other => panic!("{other:?}"),
    }
});

/// The text of a whole message, as it is read back.
const WHOLE: JsonOptions = JsonOptions {
    pretty: false,
    defaults: false,
    max_bytes: 0,
};

pub(super) fn message(choice: u8) -> MessageDescriptor {
    const NAMES: [&str; 4] = ["wire.All", "wire2.Old", "wire.Small", "google.protobuf.Any"];
    let name = NAMES[usize::from(choice) % NAMES.len()];
    match POOL.get_message_by_name(name) {
        Some(message) => message,
        None => panic!("`{name}` is not in the schema"),
    }
}

/// JSON that may be read back as the same: in a text `{{` begins an expression, and every number of
/// `NullValue`, which has only one, is shown as null.
fn is_literal(text: &str) -> bool {
    !text.contains("{{") && !text.contains(":null")
}

/// A message from the wire: any bytes give JSON, a preview is its beginning, and where nothing is wrong
/// the text means the same message again, for prost-reflect as well.
pub fn message_decode(data: &[u8]) {
    let mut input = Input::new(data);
    let (choice, most) = (input.byte(), input.byte());
    let message = message(choice & 3);
    let wire = input.rest();
    let options = JsonOptions {
        pretty: choice & 4 != 0,
        defaults: choice & 8 != 0,
        max_bytes: 0,
    };
    let shown = to_json(&message, wire, options);
    assert!(!shown.cut);
    let parsed = serde_json::from_str::<serde_json::Value>(&shown.text);
    assert!(parsed.is_ok(), "{:?}: {}", parsed, shown.text);
    rows_are_the_text(&message, wire, options.defaults);
    let max_bytes = usize::from(most) + 1;
    let preview = JsonOptions {
        max_bytes,
        ..options
    };
    let preview = to_json(&message, wire, preview);
    assert!(preview.cut || preview.text == shown.text);
    assert!(preview.text.len() <= max_bytes);
    // Of longer messages a preview does not read every field, so that a later one may be missing in it.
    if wire.len() <= max_bytes {
        assert!(shown.text.starts_with(&preview.text), "{}", preview.text);
        // Cut at the limit, or before the character that stands there.
        assert!(!preview.cut || preview.text.len() + 4 > max_bytes);
    }

    if !shown.problems.is_empty() {
        return;
    }
    let text = to_json(&message, wire, WHOLE).text;
    if is_literal(&text) {
        match encode(&Document::new(text.as_str()), &message, &Scope::default()) {
            Ok(again) => {
                assert_eq!(to_json(&message, &again, WHOLE).text, text);
                // Not the bytes that came: what a later value replaced is not looked at here.
                let oracle = DynamicMessage::decode(message, again);
                assert!(oracle.is_ok(), "{oracle:?}");
            }
            // What a server leaves out, and a number no closed enum has, are shown as they came.
            Err(diagnostics) => assert!(
                diagnostics
                    .iter()
                    .all(|it| it.message.starts_with("required field")
                        || it.message.contains("has no value")),
                "{text}: {diagnostics:?}"
            ),
        }
    }
}

/// Open to the last value, the rows of a message are the lines of its text; as a tree each is found again
/// where it stands; a search finds what is there.
fn rows_are_the_text(message: &MessageDescriptor, wire: &[u8], defaults: bool) {
    let options = JsonOptions {
        pretty: true,
        defaults,
        max_bytes: 0,
    };
    let text = to_json(message, wire, options).text;
    let lazy = Printer::new(message).lazy(Bytes::copy_from_slice(wire));
    let mut layout = RowLayout {
        defaults,
        ..RowLayout::default()
    };
    let rows = lazy.rows(layout.clone()).run();
    assert_eq!(rows.len(), text.lines().count() as u64);
    assert_eq!(rows.text(0..rows.len(), usize::MAX), Some(text));

    layout.drawing = Drawing::Tree;
    let mut tree = rows.laid_out(layout).run();
    let all = tree.rows(0..u64::MAX);
    assert_eq!(tree.len(), all.len() as u64);
    for (at, row) in (0..).zip(&all) {
        assert_eq!(tree.row_of(&row.path), at);
    }
    let query = Query {
        text: "a".to_owned(),
        match_case: true,
    };
    let found = tree.search(&query, &AtomicU64::new(0), &AtomicBool::new(false));
    let has = |row: &&Row| {
        unescaped(&row.key).contains('a')
            || row.kind == RowKind::Leaf && unescaped(&row.value).contains('a')
    };
    assert_eq!(found.len(), all.iter().filter(has).count());
    if let Some(row) = all.iter().rev().find(|row| row.opens()) {
        assert!(tree.set_open(&row.path, false, false).is_none());
        assert_eq!(tree.rows(0..u64::MAX).len() as u64, tree.len());
    }
}

/// A text without what JSON writes as an escape: a search looks in the text itself.
fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next() == Some('u') => {
                chars.nth(3);
            }
            '\\' => {}
            _ => plain.push(c),
        }
    }
    plain
}

/// A body as text: kept as typed, every mistake has a place in it, and what is encoded is shown as a
/// text that encodes to the same.
pub fn message_encode(data: &[u8]) {
    let mut input = Input::new(data);
    let message = message(input.byte());
    let typed = String::from_utf8_lossy(input.rest());
    let document = Document::new(typed.as_ref());
    assert_eq!(document.text(), typed);
    let bytes = match encode(&document, &message, &Scope::default()) {
        Ok(bytes) => bytes,
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty());
            for it in diagnostics {
                assert!(typed.get(it.range.clone()).is_some(), "{it:?}");
                assert!(!it.message.is_empty());
            }
            return;
        }
    };
    let shown = to_json(&message, &bytes, WHOLE);
    assert!(shown.problems.is_empty(), "{:?}", shown.problems);
    if is_literal(&shown.text) {
        match encode(
            &Document::new(shown.text.as_str()),
            &message,
            &Scope::default(),
        ) {
            Ok(again) => assert_eq!(to_json(&message, &again, WHOLE), shown),
            Err(diagnostics) => panic!("{}: {diagnostics:?}", shown.text),
        }
    }
}

/// A body that is being edited: after every edit, and after all are taken back, what is known of it is
/// what a fresh look at the text says.
pub fn message_edit(data: &[u8]) {
    /// Pieces that open, close and part things; the input's own letters seldom do.
    const PIECES: [&str; 16] = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "//", "/*", "*/", "\n", "\"a\":", "1", "null",
        "é",
    ];
    let mut input = Input::new(data);
    let edits: Vec<[u8; 4]> = (0..input.byte() % 64)
        .map(|_| [(); 4].map(|()| input.byte()))
        .collect();
    let typed = String::from_utf8_lossy(input.rest()).into_owned();
    let mut document = Document::new(typed.as_str());
    let same = |document: &Document| {
        let fresh = Document::new(document.text());
        assert_eq!(document.syntax_error(), fresh.syntax_error());
        assert_eq!(values(document), values(&fresh), "{}", document.text());
    };
    same(&document);
    for [high, low, len, what] in edits {
        let place = usize::from(u16::from_be_bytes([high, low])) % (document.text().len() + 1);
        let with = PIECES[usize::from(what) % PIECES.len()];
        // A third only inserts, a third only deletes.
        let (len, with) = match what % 3 {
            0 => (0, with),
            1 => (usize::from(len), ""),
            _ => (usize::from(len), with),
        };
        document.replace(place..place + len, with);
        same(&document);
    }
    while document.undo() {
        same(&document);
    }
    assert_eq!(document.text(), typed);
}

/// Every value's kind, place and key, in the order of the text.
fn values(document: &Document) -> Vec<(NodeKind, std::ops::Range<usize>, Option<String>)> {
    fn walk(
        value: ValueRef<'_>,
        out: &mut Vec<(NodeKind, std::ops::Range<usize>, Option<String>)>,
    ) {
        let key = value.key().map(std::borrow::Cow::into_owned);
        out.push((value.kind(), value.range(), key));
        value.children().for_each(|child| walk(child, out));
    }
    let mut out = Vec::new();
    if let Some(root) = document.root() {
        walk(root, &mut out);
    }
    out
}
