//! The walk that makes the rows: message type and text side by side, each value looked at once.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use prost_reflect::{Kind, MessageDescriptor};

use super::{
    FieldKind, FormRow, OneofArm, RowKind, WellKnown,
    kind::{kind_of, new_value, well_known, wrapped},
    plan::{Comments, EntryPlan, FieldPlan, Label, MessagePlan, OneofPlan, Plans, ValuePlan},
};
use crate::{
    message::{NodeKind, Path, ValueRef},
    schema::kind_name,
};

/// Rows nest no deeper: as deep as a text may.
const MAX_DEPTH: usize = 100;
/// Items of longer lists are closed from the start.
const MANY_ITEMS: usize = 100;

/// Makes the rows of one document.
pub(super) struct Rows<'a> {
    plans: Plans<'a>,
    toggled: &'a HashSet<Path>,
    /// Full names of the messages the walk is in.
    above: Vec<String>,
    pub(super) rows: Vec<FormRow>,
}

/// Where a message's rows go.
#[derive(Clone, Copy)]
struct At<'p> {
    path: &'p Path,
    depth: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(toggled: &'a HashSet<Path>, comments: Comments<'a>) -> Self {
        Self {
            plans: Plans::new(comments),
            toggled,
            above: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn root(&mut self, message: &MessageDescriptor, value: Option<ValueRef<'_>>) {
        let path = Path::root();
        let known = well_known(message);
        if known == Some(WellKnown::Empty) && value.is_none_or(|value| value.is_empty()) {
            return;
        }
        if known.is_some() || wrapped(message).is_some() {
            let kind = Kind::Message(message.clone());
            let plan = ValuePlan::new(&kind);
            let mut row = blank(path, 0, message.name().to_owned(), kind_name(&kind));
            row.kind = RowKind::Value(kind_of(&kind));
            row.new_value = new_value(&kind);
            show(&mut row, value, &plan);
            self.rows.push(row);
            return;
        }
        if let Some(value) = value.filter(|value| value.kind() != NodeKind::Object) {
            self.unknown(value, Path::root(), 0, message.name().to_owned());
        }
        let plan = self.plans.get(message);
        self.message(
            message,
            &plan,
            value,
            At {
                path: &path,
                depth: 0,
            },
        );
    }

    /// The rows of a message's fields; `value` is its object, if it is there.
    fn message(
        &mut self,
        message: &MessageDescriptor,
        plan: &MessagePlan,
        value: Option<ValueRef<'_>>,
        at: At<'_>,
    ) {
        let value = value.filter(|value| value.kind() == NodeKind::Object);
        let mut members = HashMap::new();
        let mut order = Vec::new();
        if let Some(value) = value {
            for (i, child) in value.children().enumerate() {
                if let Some(key) = child.key() {
                    // Of equal keys the last counts, as for every path into the document.
                    members.insert(key.clone().into_owned(), (i, child));
                    order.push(key);
                }
            }
        }
        self.above.push(message.full_name().to_owned());
        for entry in &plan.entries {
            match entry {
                EntryPlan::Field(field) => {
                    let (key, value) = take(&mut members, field);
                    self.field(field, at.path.key(key), value, at.depth, false);
                }
                EntryPlan::Oneof(oneof) => self.oneof(oneof, &mut members, at),
            }
        }
        self.above.pop();
        for (i, key) in order.into_iter().enumerate() {
            if let Some((own, child)) = members.get(&*key)
                && *own == i
            {
                let path = at.path.key(key.as_ref());
                self.beside(message, *child, path, at.depth, key.into_owned());
            }
        }
    }

    /// A key that is no field's: an extension's, or one that the message does not have.
    fn beside(
        &mut self,
        message: &MessageDescriptor,
        value: ValueRef<'_>,
        path: Path,
        depth: usize,
        key: String,
    ) {
        let Some(extension) = message.get_extension_by_json_name(&key) else {
            self.unknown(value, path, depth, key);
            return;
        };
        let kind = extension.kind();
        let mut plan = ValuePlan::new(&kind);
        if extension.is_list() || plan.message.is_some() {
            // Edited as the JSON it is.
            plan.kind = FieldKind::WellKnown(WellKnown::Value);
        }
        let mut row = blank(path, depth, key, kind_name(&kind));
        row.number = extension.number();
        row.has_presence = extension.supports_presence();
        row.new_value = if extension.is_list() {
            "[]".to_owned()
        } else {
            plan.new_value.clone()
        };
        row.kind = RowKind::Value(plan.kind.clone());
        show(&mut row, Some(value), &plan);
        self.rows.push(row);
    }

    fn unknown(&mut self, value: ValueRef<'_>, path: Path, depth: usize, label: String) {
        let mut row = blank(path, depth, label, String::new());
        row.kind = RowKind::Unknown;
        row.present = Some(value.kind());
        row.value = text_of(value);
        self.rows.push(row);
    }

    fn oneof(
        &mut self,
        plan: &OneofPlan,
        members: &mut HashMap<String, (usize, ValueRef<'_>)>,
        at: At<'_>,
    ) {
        let arms: Vec<_> = plan
            .arms
            .iter()
            .map(|arm| {
                let (key, value) = take(members, arm);
                (
                    arm,
                    at.path.key(key),
                    value.filter(|value| is_set(*value, &arm.value)),
                )
            })
            .collect();
        let mut row = blank(
            at.path.key(&plan.name),
            at.depth,
            plan.name.clone(),
            "oneof".to_owned(),
        );
        row.comment.clone_from(&plan.comment);
        row.has_presence = true;
        row.kind = RowKind::Oneof {
            arms: arms
                .iter()
                .map(|(arm, path, _)| OneofArm {
                    name: arm.name.clone(),
                    path: path.clone(),
                    new_value: arm.new_value.clone(),
                })
                .collect(),
            chosen: arms.iter().position(|(_, _, value)| value.is_some()),
        };
        self.rows.push(row);
        // More than one is a mistake that must be seen to be mended.
        for (arm, path, value) in arms {
            if value.is_some() {
                self.field(arm, path, value, at.depth + 1, true);
            }
        }
    }

    fn field(
        &mut self,
        plan: &FieldPlan,
        path: Path,
        value: Option<ValueRef<'_>>,
        depth: usize,
        arm: bool,
    ) {
        let mut row = blank(path, depth, plan.name.clone(), plan.type_name.clone());
        row.number = plan.number;
        row.comment.clone_from(&plan.comment);
        row.has_presence = plan.has_presence;
        row.required = plan.required;
        row.deprecated = plan.deprecated;
        row.new_value.clone_from(&plan.new_value);
        // What stands under a oneof's arm is as near as the oneof itself.
        let level = if arm { depth.saturating_sub(1) } else { depth };
        let (wanted, len) = match plan.label {
            Label::Single => {
                row.kind = RowKind::Value(plan.value.kind.clone());
                self.value(row, &plan.value, value, level == 0);
                return;
            }
            Label::List => (NodeKind::Array, value),
            Label::Map => (NodeKind::Object, value),
        };
        let len = len
            .filter(|value| value.kind() == wanted)
            .map_or(0, |value| value.len());
        let (item, new_item) = (plan.value.kind.clone(), plan.value.new_value.clone());
        row.kind = match plan.label {
            Label::Map => RowKind::Map {
                len,
                value: item,
                new_value: new_item,
            },
            Label::Single | Label::List => RowKind::List {
                len,
                item,
                new_item,
            },
        };
        row.present = value
            .map(|value| value.kind())
            .filter(|kind| *kind != NodeKind::Null);
        if row.present.is_some_and(|kind| kind != wanted) {
            row.value = value.map(text_of).unwrap_or_default();
        }
        let open = len > 0 && self.is_open(&row.path, level <= 1);
        row.open = (len > 0).then_some(open);
        let path = row.path.clone();
        self.rows.push(row);
        if let Some(value) = value.filter(|_| open) {
            self.items(plan, &path, value, depth + 1);
        }
    }

    /// The items of a list or the entries of a map.
    fn items(&mut self, plan: &FieldPlan, path: &Path, collection: ValueRef<'_>, depth: usize) {
        // Of equal keys only the last can be reached by its path.
        let mut last = HashMap::new();
        if plan.label == Label::Map {
            for (i, child) in collection.children().enumerate() {
                last.insert(child.key(), i);
            }
        }
        let small = match &plan.value.message {
            Some(message) => self.plans.get(message).small && collection.len() <= MANY_ITEMS,
            None => false,
        };
        for (i, child) in collection.children().enumerate() {
            let (label, path) = match child.key() {
                Some(key) if last.get(&Some(key.clone())) != Some(&i) => continue,
                Some(key) => (key.clone().into_owned(), path.key(key)),
                None => (format!("[{i}]"), path.index(i)),
            };
            let mut row = blank(path, depth, label, plan.value.type_name.clone());
            row.kind = RowKind::Value(plan.value.kind.clone());
            row.in_collection = true;
            row.has_presence = true;
            row.new_value.clone_from(&plan.value.new_value);
            row.present = Some(child.kind());
            self.value(row, &plan.value, Some(child), small && depth <= 2);
        }
    }

    /// A row edited in place, and those of its fields when it is a message and open.
    fn value(
        &mut self,
        mut row: FormRow,
        plan: &ValuePlan,
        value: Option<ValueRef<'_>>,
        near: bool,
    ) {
        show(&mut row, value, plan);
        let Some(message) = &plan.message else {
            self.rows.push(row);
            return;
        };
        let fields = self.plans.get(message);
        // A present object may have unknown keys even when its type has no fields.
        let below = !fields.entries.is_empty() || value.is_some_and(|value| !value.is_empty());
        let recursive = self.above.iter().any(|name| name == message.full_name());
        let open = below && row.depth < MAX_DEPTH && self.is_open(&row.path, near && !recursive);
        row.open = below.then_some(open);
        let (path, depth) = (row.path.clone(), row.depth + 1);
        self.rows.push(row);
        if open {
            let fields = Rc::clone(&fields);
            self.message(message, &fields, value, At { path: &path, depth });
        }
    }

    fn is_open(&self, path: &Path, by_default: bool) -> bool {
        self.toggled.contains(path) != by_default
    }
}

/// The key a field has in the text (its JSON name when it has none), and its value, taken out.
fn take<'v>(
    members: &mut HashMap<String, (usize, ValueRef<'v>)>,
    plan: &FieldPlan,
) -> (String, Option<ValueRef<'v>>) {
    for key in [&plan.json_name, &plan.name] {
        if let Some((_, value)) = members.remove(key) {
            return (key.clone(), Some(value));
        }
    }
    (plan.json_name.clone(), None)
}

/// Whether a value counts: `null` is how ProtoJSON says that a field is absent.
fn is_set(value: ValueRef<'_>, plan: &ValuePlan) -> bool {
    plan.null_is_value || value.kind() != NodeKind::Null
}

/// Fills in what stands in the text.
fn show(row: &mut FormRow, value: Option<ValueRef<'_>>, plan: &ValuePlan) {
    let Some(value) = value else {
        return;
    };
    if !row.in_collection && !is_set(value, plan) {
        return;
    }
    row.present = Some(value.kind());
    row.value = match plan.kind {
        FieldKind::WellKnown(_) if value.kind() != NodeKind::String => value.text().to_owned(),
        FieldKind::WellKnown(WellKnown::Value) => value.text().to_owned(),
        _ => text_of(value),
    };
}

/// A value's text: unescaped for strings, empty for containers.
fn text_of(value: ValueRef<'_>) -> String {
    match value.kind() {
        NodeKind::String => value.string().unwrap_or_default().into_owned(),
        NodeKind::Object | NodeKind::Array => String::new(),
        NodeKind::Number | NodeKind::Bool | NodeKind::Null => value.text().to_owned(),
    }
}

fn blank(path: Path, depth: usize, label: String, type_name: String) -> FormRow {
    FormRow {
        path,
        depth,
        label,
        type_name,
        number: 0,
        comment: String::new(),
        kind: RowKind::Unknown,
        present: None,
        value: String::new(),
        has_presence: false,
        required: false,
        new_value: String::new(),
        open: None,
        in_collection: false,
        deprecated: false,
    }
}
