//! What has rows below beside messages: the contents of an Any, and the members and items of JSON of
//! any shape.
//!
//! An Any of a type that is known has the fields of that type; of one with a JSON of its own it has
//! `value`. A Struct is walked as the map that its descriptor says it is, a ListValue as a list, a
//! Value as what stands in the text.

use std::sync::Arc;

use prost_reflect::MessageDescriptor;

use super::{
    FieldKind, WellKnown,
    kind::{well_known, wrapped},
    outline::What,
    plan::{FieldPlan, MessagePlan, ValuePlan},
    walk::{At, Walk},
};
use crate::message::{NodeKind, ValueRef, known::type_of_url};

/// Items of longer JSON are closed from the start.
const MANY: usize = 20;

/// Gives a type by its full name, where it can be had without building anything.
pub(super) type Types<'a> = &'a dyn Fn(&str) -> Option<MessageDescriptor>;

/// The type whose fields are below a value.
pub(super) struct Inside {
    pub(super) number: u32,
    pub(super) plan: Arc<MessagePlan>,
    /// Its text has an `@type` beside them.
    pub(super) any: bool,
}

/// Whether values of a kind may have rows below, beside messages.
pub(super) fn has_inside(kind: &FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::WellKnown(
            WellKnown::Any | WellKnown::Struct | WellKnown::Value | WellKnown::ListValue
        )
    )
}

/// Whether this value of such a kind has none, whatever others have.
pub(super) fn has_nothing_inside(kind: &FieldKind, value: ValueRef<'_>) -> bool {
    let holds = matches!(value.kind(), NodeKind::Object | NodeKind::Array);
    match kind {
        FieldKind::WellKnown(WellKnown::Struct | WellKnown::Value | WellKnown::ListValue) => {
            !holds || value.is_empty()
        }
        FieldKind::WellKnown(WellKnown::Any) => value.member("@type").is_none(),
        _ => false,
    }
}

/// The type that an Any says it holds.
fn type_in(value: ValueRef<'_>, types: Types<'_>) -> Option<MessageDescriptor> {
    let url = value.member("@type")?.string()?;
    types(type_of_url(&url)?)
}

impl Walk<'_> {
    /// The type whose fields are below a value.
    pub(super) fn inside(
        &mut self,
        plan: &ValuePlan,
        value: Option<ValueRef<'_>>,
    ) -> Option<Inside> {
        if let Some(message) = &plan.message {
            let (number, plan) = self.plans.get(message, self.comments);
            let any = false;
            return Some(Inside { number, plan, any });
        }
        if plan.kind != FieldKind::WellKnown(WellKnown::Any) {
            return None;
        }
        let message = type_in(value?, self.types)?;
        let own_json = well_known(&message).is_some_and(|known| known != WellKnown::Empty)
            || wrapped(&message).is_some();
        let (number, plan) = if own_json {
            self.plans.get_value(&message, self.comments)
        } else {
            self.plans.get(&message, self.comments)
        };
        let any = true;
        Some(Inside { number, plan, any })
    }

    /// The rows below JSON of any shape; `false` when the value is none, or holds nothing.
    pub(super) fn json(
        &mut self,
        head: u32,
        plan: &ValuePlan,
        value: Option<ValueRef<'_>>,
        at: At<'_>,
        near: bool,
    ) -> bool {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return false;
        };
        let FieldKind::WellKnown(known) = plan.kind else {
            return false;
        };
        let name = match (known, value.kind()) {
            (WellKnown::Struct | WellKnown::Value, NodeKind::Object) => "google.protobuf.Struct",
            (WellKnown::ListValue | WellKnown::Value, NodeKind::Array) => {
                "google.protobuf.ListValue"
            }
            _ => return false,
        };
        let Some(message) = (self.types)(name) else {
            return false;
        };
        // What the file says of them is nothing new at every member.
        let (number, of) = self.plans.get(&message, &|_, _| String::new());
        let Some(field) = of.fields.first() else {
            return false;
        };
        let open = at.fold.is_open(near, true) || self.searching();
        self.set_open(head, open);
        if open {
            let what = What::Item {
                plan: number,
                slot: 0,
            };
            self.items(what, field, value, at);
        }
        true
    }

    /// Whether what is in the items of a list is open from the start.
    pub(super) fn are_small(&mut self, plan: &FieldPlan, collection: ValueRef<'_>) -> bool {
        match &plan.value.message {
            Some(message) => {
                let (_, fields) = self.plans.get(message, self.comments);
                fields.small && collection.len() <= super::walk::MANY_ITEMS
            }
            None => has_inside(&plan.value.kind) && collection.len() <= MANY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Folds, form_rows};
    use crate::message::{Document, Path, fixture::compile};

    const HOLDER: &str = r#"
        syntax = "proto3";
        import "google/protobuf/any.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/empty.proto";
        import "google/protobuf/struct.proto";
        message Holder {
            google.protobuf.Any any = 1;
            google.protobuf.Struct data = 2;
            google.protobuf.Value value = 3;
            google.protobuf.ListValue list = 4;
            repeated google.protobuf.Any many = 5;
        }
        message Salt { string name = 1; Salt finer = 2; }
    "#;

    /// The rows that stand in the text, each with its depth, its label and whether it is open.
    fn rows(text: &str, folds: &Folds) -> Vec<String> {
        let holder = compile(HOLDER).get_message_by_name("Holder").unwrap();
        let rows = form_rows(&Document::new(text), &holder, folds);
        rows.iter()
            .enumerate()
            .filter(|(at, row)| {
                let next = rows.get(at + 1).map_or(0, |next| next.depth);
                row.present.is_some() || row.depth > 0 || next > 0
            })
            .map(|(_, row)| {
                let open = match row.open {
                    Some(true) => "+",
                    Some(false) => "-",
                    None => "",
                };
                format!("{}{open}{} {}", "  ".repeat(row.depth), row.label, row.path)
            })
            .collect()
    }

    #[test]
    fn an_any_has_the_fields_of_its_type() {
        let url = |name: &str| format!(r#""@type": "type.googleapis.com/{name}""#);
        let folds = Folds::default();
        for (any, expected) in [
            (
                format!(r#"{{{}, "name": "sea"}}"#, url("Salt")),
                vec!["+any any", "  name any.name", "  -finer any.finer"],
            ),
            (
                format!(r#"{{"odd": 1, {}}}"#, url("google.protobuf.Empty")),
                vec!["+any any", "  odd any.odd"],
            ),
            (
                format!(r#"{{{}, "value": "1s"}}"#, url("google.protobuf.Duration")),
                vec!["+any any", "  value any.value"],
            ),
            (
                format!(
                    r#"{{{}, "value": {{{}}}}}"#,
                    url("google.protobuf.Any"),
                    url("Salt")
                ),
                vec!["+any any", "  -value any.value"],
            ),
            (format!("{{{}}}", url("no.Such")), vec!["any any"]),
            (r#"{"@type": "{{ t }}"}"#.to_owned(), vec!["any any"]),
            ("{}".to_owned(), vec!["any any"]),
            ("[1]".to_owned(), vec!["any any"]),
        ] {
            assert_eq!(
                rows(&format!(r#"{{"any": {any}}}"#), &folds),
                expected,
                "{any}"
            );
        }
        let many = format!(r#"{{"many": [{{{}}}, {{}}]}}"#, url("Salt"));
        let shown = rows(&many, &folds);
        assert_eq!(
            shown,
            [
                "+many many",
                "  +[0] many[0]",
                "    name many[0].name",
                "    -finer many[0].finer",
                "  [1] many[1]",
            ]
        );
    }

    #[test]
    fn json_of_any_shape_has_its_members_and_items() {
        let text = r#"{
            "data": {"a": 1, "b": {"c": [true, {}]}, "e": {}},
            "value": [null, "x"],
            "list": []
        }"#;
        let mut folds = Folds::default();
        let whole = [
            "+data data",
            "  a data.a",
            "  +b data.b",
            "    +c data.b.c",
            "      [0] data.b.c[0]",
            "      [1] data.b.c[1]",
            "  e data.e",
            "+value value",
            "  [0] value[0]",
            "  [1] value[1]",
            "list list",
        ];
        assert_eq!(rows(text, &folds), whole);
        folds.toggle(&Path::root().key("data").key("b"));
        folds.toggle(&Path::root().key("value"));
        assert_eq!(
            rows(text, &folds),
            [
                "+data data",
                "  a data.a",
                "  -b data.b",
                "  e data.e",
                "-value value",
                "list list"
            ]
        );
    }

    #[test]
    fn long_json_is_closed_item_by_item() {
        let items = vec!["[1]"; 1_000].join(",");
        let shown = rows(&format!(r#"{{"list": [{items}, 2]}}"#), &Folds::default());
        assert_eq!(shown.len(), 1_002);
        assert_eq!(shown[1], "  -[0] list[0]");
        assert_eq!(
            shown[1_001], "  [1000] list[1000]",
            "a number has nothing below"
        );
    }
}
