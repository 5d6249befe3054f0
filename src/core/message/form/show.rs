//! Rows as they are looked at: a stub with its names, and what stands in the text.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use super::{
    ExtensionChoice, FieldKind, FormRow, OneofArm, Presence, RowKind, WellKnown,
    inside::has_nothing_inside,
    outline::{NONE, Outline, Stub, What},
    plan::{FieldPlan, Label, OneofPlan, ValuePlan},
};
use crate::message::{Document, NodeKind, Path, ValueRef};

/// Bytes of a scalar's text that a row has at most. More than fits in a field that can be typed into.
const MAX_VALUE: usize = 128 << 10;

/// Makes rows of an outline. Keeps what leads to the last ones, so that neighbours are cheap.
pub(super) struct Shown<'d> {
    outline: &'d Outline,
    document: &'d Document,
    places: HashMap<u32, Holder<'d>>,
}

/// A value that holds others.
struct Holder<'d> {
    path: Path,
    name: String,
    value: Option<ValueRef<'d>>,
    /// Children that were not passed yet, and the position of the first of them.
    ahead: Option<(u32, Box<dyn Iterator<Item = ValueRef<'d>> + 'd>)>,
}

impl<'d> Holder<'d> {
    fn child(&mut self, position: u32) -> Option<ValueRef<'d>> {
        if position == NONE {
            return None;
        }
        let value = self.value?;
        let first = value.children().next().map(|first| first.kind());
        if value.kind() == NodeKind::Array
            && !matches!(first, Some(NodeKind::Object | NodeKind::Array))
        {
            // Of scalars the document knows the place of each.
            return value.item(position as usize);
        }
        let (at, mut ahead) = match self.ahead.take() {
            Some((at, ahead)) if at <= position => (at, ahead),
            _ => (0, Box::new(value.children()) as Box<dyn Iterator<Item = _>>),
        };
        let found = ahead.nth((position - at) as usize);
        self.ahead = Some((position + 1, ahead));
        found
    }
}

impl<'d> Shown<'d> {
    pub(super) fn new(outline: &'d Outline, document: &'d Document) -> Self {
        Self {
            outline,
            document,
            places: HashMap::new(),
        }
    }

    /// The row of a stub; of a run the one at `offset`.
    pub(super) fn row(&mut self, id: u32, offset: u32) -> Option<FormRow> {
        let outline = self.outline;
        let stub = *outline.stubs.get(id as usize)?;
        if stub.what == What::Root {
            return self.root(&stub);
        }
        let position = match stub.position {
            NONE => NONE,
            first => first + offset,
        };
        self.enter(stub.holder);
        let holder = self.places.get_mut(&stub.holder)?;
        let value = holder.child(position);
        let mut row = blank(stub.depth);
        row.open = stub.open;
        match stub.what {
            What::Root => {}
            What::Field { plan, slot } => {
                let field = outline.plans.field(plan, slot)?;
                let key = value.and_then(|value| value.key());
                row.path = holder.path.key(key.as_deref().unwrap_or(&field.json_name));
                row.name = below(&holder.name, &field.name);
                row.extension = outline.plans.at(plan)?.own <= slot as usize;
                show_field(&mut row, field, value);
            }
            What::Oneof { plan, entry } => {
                let oneof = outline.oneof(plan, entry)?;
                row.path = holder.path.key(&oneof.name);
                row.name = below(&holder.name, &oneof.name);
                let path = holder.path.clone();
                let arms = self.arms(id, plan, oneof, &path);
                show_oneof(&mut row, oneof, arms);
            }
            What::Item { plan, slot } => {
                let field = outline.plans.field(plan, slot)?;
                let value = value?;
                match value.key() {
                    Some(key) => {
                        row.path = holder.path.key(key.as_ref());
                        row.name = below(&holder.name, &key);
                        row.label = key.into_owned();
                        row.key = field.key.clone();
                    }
                    None => {
                        row.path = holder.path.index(position as usize);
                        row.label = format!("[{position}]");
                        row.name = format!("{}{}", holder.name, row.label);
                    }
                }
                row.siblings = holder.value.map_or(0, |value| value.len());
                row.in_collection = true;
                row.has_presence = true;
                row.comment.clone_from(&field.comment);
                show_value(&mut row, &field.value, Some(value), None);
                if has_nothing_inside(&field.value.kind, value) {
                    row.open = None;
                }
                // Of a run: whether this one has rows below is the item's own.
                if let Some(message) = &field.value.message
                    && message.fields().len() == 0
                    && message.extensions().len() == 0
                    && value.is_empty()
                {
                    row.open = None;
                }
            }
            What::Unknown | What::Duplicate => {
                let value = value?;
                row.label = value.key().unwrap_or_default().into_owned();
                row.path = holder.path.key(&row.label);
                row.name = below(&holder.name, &row.label);
                row.present = Some(value.kind());
                row.presence = Presence::Set;
                row.value = front_of(value);
                row.kind = RowKind::Unknown;
                if stub.what == What::Duplicate {
                    // Its own path leads to the last of its name: this one only tells rows apart.
                    row.path = row.path.index(position as usize);
                    row.name = format!("{} (again)", row.name);
                    row.kind = RowKind::Duplicate {
                        key: value.key_range().unwrap_or_default(),
                    };
                }
            }
            What::Extend { plan } => {
                row.path = holder.path.key("[]");
                row.name = below(&holder.name, "extensions");
                row.kind = RowKind::Extend(extensions(outline, plan, holder));
            }
        }
        Some(row)
    }

    fn root(&self, stub: &Stub) -> Option<FormRow> {
        let root = self.outline.root.as_ref()?;
        let mut row = blank(stub.depth);
        row.label.clone_from(&root.name);
        row.name.clone_from(&root.name);
        let value = self.document.root();
        if root.plan.message.is_some() {
            // A text that is no object.
            let value = value?;
            row.kind = RowKind::Unknown;
            row.present = Some(value.kind());
            row.presence = Presence::Set;
            row.value = front_of(value);
        } else {
            show_value(&mut row, &root.plan, value, None);
        }
        Some(row)
    }

    /// Makes the place of a holder known.
    fn enter(&mut self, id: u32) {
        if self.places.contains_key(&id) {
            return;
        }
        let stub = self.outline.stubs.get(id as usize).copied();
        let place = match stub {
            None => Holder {
                path: Path::root(),
                name: String::new(),
                value: self.document.root(),
                ahead: None,
            },
            Some(stub) => {
                self.enter(stub.holder);
                match self.places.get_mut(&stub.holder) {
                    Some(above) => inside(self.outline, above, &stub),
                    None => return,
                }
            }
        };
        self.places.insert(id, place);
    }

    /// The arms of a oneof, and which of them are set.
    fn arms(
        &mut self,
        id: u32,
        plan: u32,
        oneof: &OneofPlan,
        above: &Path,
    ) -> (Vec<OneofArm>, Option<usize>) {
        let outline = self.outline;
        let end = outline
            .stubs
            .get(id as usize)
            .map_or(id, |stub| id + stub.size);
        let set: Vec<(u32, u32)> = (id + 1..end)
            .filter_map(|at| match outline.stubs.get(at as usize) {
                Some(Stub {
                    what: What::Field { plan: own, slot },
                    position,
                    ..
                }) if *own == plan => Some((*slot, *position)),
                _ => None,
            })
            .collect();
        let mut chosen = None;
        let mut arms = Vec::with_capacity(oneof.arms.len());
        for slot in &oneof.arms {
            let Some(field) = outline.plans.field(plan, *slot) else {
                continue;
            };
            let position = set.iter().find(|(own, _)| own == slot).map(|(_, at)| *at);
            let stub = outline.stubs.get(id as usize);
            let holder = stub.and_then(|stub| self.places.get_mut(&stub.holder));
            let below = holder.as_ref().and_then(|holder| holder.value);
            let value = holder
                .zip(position)
                .and_then(|(holder, at)| holder.child(at));
            // A `null` is no value of the arm, but stands under a key of it all the same: another key
            // beside it would name the field twice.
            let in_file = || {
                below
                    .filter(|_| field.name != field.json_name)?
                    .member(&field.name)
            };
            let key = value.or_else(in_file).and_then(|value| value.key());
            if value.is_some() && chosen.is_none() {
                chosen = Some(arms.len());
            }
            arms.push(OneofArm {
                name: field.name.clone(),
                path: above.key(key.as_deref().unwrap_or(&field.json_name)),
                new_value: field.new_value.clone(),
                type_name: field.type_name.clone(),
                number: field.number,
                deprecated: field.deprecated,
            });
        }
        (arms, chosen)
    }
}

/// The place of a stub that holds others.
fn inside<'d>(outline: &Outline, above: &mut Holder<'d>, stub: &Stub) -> Holder<'d> {
    let value = above.child(stub.position);
    let key = value.and_then(|value| value.key());
    let (path, name) = match stub.what {
        What::Field { plan, slot } => {
            let field = outline.plans.field(plan, slot);
            let json_name = field.map_or("", |field| field.json_name.as_str());
            let name = field.map_or("", |field| field.name.as_str());
            let path = above.path.key(key.as_deref().unwrap_or(json_name));
            (path, below(&above.name, name))
        }
        _ => match key {
            Some(key) => (above.path.key(key.as_ref()), below(&above.name, &key)),
            None => {
                let position = stub.position as usize;
                (
                    above.path.index(position),
                    format!("{}[{position}]", above.name),
                )
            }
        },
    };
    Holder {
        path,
        name,
        value,
        ahead: None,
    }
}

/// A name from the root.
fn below(above: &str, name: &str) -> String {
    if above.is_empty() {
        name.to_owned()
    } else {
        format!("{above}.{name}")
    }
}

fn show_field(row: &mut FormRow, field: &FieldPlan, value: Option<ValueRef<'_>>) {
    row.label.clone_from(&field.name);
    row.type_name.clone_from(&field.type_name);
    row.number = field.number;
    row.comment.clone_from(&field.comment);
    row.has_presence = field.has_presence;
    row.required = field.required;
    row.deprecated = field.deprecated;
    row.rules = Arc::clone(&field.rules);
    let wanted = match field.label {
        Label::Single => {
            let type_name = std::mem::take(&mut row.type_name);
            show_value(row, &field.value, value, field.default.as_deref());
            row.type_name = type_name;
            row.new_value.clone_from(&field.new_value);
            return;
        }
        Label::List => NodeKind::Array,
        Label::Map => NodeKind::Object,
    };
    row.new_value.clone_from(&field.new_value);
    let len = value
        .filter(|value| value.kind() == wanted)
        .map_or(0, |value| value.len());
    let (item, new_item) = (field.value.kind.clone(), field.value.new_value.clone());
    row.kind = match field.label {
        Label::Map => RowKind::Map {
            len,
            key: field.key.clone().unwrap_or(FieldKind::String),
            value: item,
            new_value: new_item,
        },
        Label::Single | Label::List => RowKind::List {
            len,
            item,
            new_item,
        },
    };
    let Some(value) = value else { return };
    if value.kind() == NodeKind::Null {
        row.presence = Presence::Null;
        return;
    }
    row.present = Some(value.kind());
    row.presence = if value.is_empty() && value.kind() == wanted {
        Presence::Default
    } else {
        Presence::Set
    };
    if value.kind() != wanted {
        row.value = front_of(value);
    }
}

fn show_oneof(row: &mut FormRow, oneof: &OneofPlan, arms: (Vec<OneofArm>, Option<usize>)) {
    row.label.clone_from(&oneof.name);
    "oneof".clone_into(&mut row.type_name);
    row.comment.clone_from(&oneof.comment);
    row.has_presence = true;
    let (arms, chosen) = arms;
    if chosen.is_some() {
        row.presence = Presence::Set;
    }
    row.kind = RowKind::Oneof { arms, chosen };
}

/// Fills in what stands in the text for one value.
fn show_value(
    row: &mut FormRow,
    plan: &ValuePlan,
    value: Option<ValueRef<'_>>,
    default: Option<&str>,
) {
    row.kind = RowKind::Value(plan.kind.clone());
    row.type_name.clone_from(&plan.type_name);
    row.new_value.clone_from(&plan.new_value);
    row.null_is_value = plan.null_is_value;
    row.default = default.map(unquoted);
    let Some(value) = value else {
        return;
    };
    if value.kind() == NodeKind::Null && !plan.null_is_value {
        row.presence = Presence::Null;
        if !row.in_collection {
            return;
        }
    }
    row.present = Some(value.kind());
    row.value = match plan.kind {
        FieldKind::WellKnown(_) if value.kind() != NodeKind::String => value.text().to_owned(),
        FieldKind::WellKnown(WellKnown::Value) => value.text().to_owned(),
        FieldKind::Bytes | FieldKind::WellKnown(_) => text_of(value),
        _ => front_of(value),
    };
    if row.presence != Presence::Null {
        row.presence = if is_default(row, &plan.kind) {
            Presence::Default
        } else {
            Presence::Set
        };
    }
}

/// Whether a value says no more than an absent one would, but for being there.
fn is_default(row: &FormRow, kind: &FieldKind) -> bool {
    let text = row.value.as_str();
    if let Some(default) = &row.default {
        return text == default;
    }
    match kind {
        FieldKind::Bool => text == "false",
        FieldKind::Integer { .. } | FieldKind::Float => {
            !text.starts_with('-') && text.parse::<f64>().is_ok_and(|number| number == 0.0)
        }
        FieldKind::String | FieldKind::Bytes => text.is_empty(),
        FieldKind::Enum(info) => info
            .values
            .first()
            .is_some_and(|first| first.name == text || first.number.to_string() == text),
        FieldKind::Message | FieldKind::WellKnown(_) => false,
    }
}

/// A default as a person reads it.
fn unquoted(json: &str) -> String {
    serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned())
}

fn extensions(outline: &Outline, plan: u32, holder: &Holder<'_>) -> Vec<ExtensionChoice> {
    let Some(plan) = outline.plans.at(plan) else {
        return Vec::new();
    };
    let is_set = |field: &FieldPlan| {
        holder
            .value
            .is_some_and(|value| value.member(&field.json_name).is_some())
    };
    let all = plan.fields.iter().skip(plan.own);
    all.filter(|field| !is_set(field))
        .map(|field| ExtensionChoice {
            name: field.name.clone(),
            type_name: field.type_name.clone(),
            number: field.number,
            comment: field.comment.clone(),
            path: holder.path.key(&field.json_name),
            new_value: field.new_value.clone(),
        })
        .collect()
}

/// A value's text: unescaped for strings, empty for containers.
fn text_of(value: ValueRef<'_>) -> String {
    match value.kind() {
        NodeKind::String => value.string().unwrap_or_default().into_owned(),
        NodeKind::Object | NodeKind::Array => String::new(),
        NodeKind::Number | NodeKind::Bool | NodeKind::Null => value.text().to_owned(),
    }
}

/// As [`text_of`], of a value that is not typed into beyond a length: of a longer one the beginning.
fn front_of(value: ValueRef<'_>) -> String {
    let text = match value.kind() {
        NodeKind::String => value.string().unwrap_or_default(),
        NodeKind::Object | NodeKind::Array => Cow::default(),
        NodeKind::Number | NodeKind::Bool | NodeKind::Null => Cow::Borrowed(value.text()),
    };
    text[..text.floor_char_boundary(MAX_VALUE)].to_owned()
}

fn blank(depth: u16) -> FormRow {
    FormRow {
        path: Path::root(),
        depth: usize::from(depth),
        label: String::new(),
        name: String::new(),
        type_name: String::new(),
        number: 0,
        comment: String::new(),
        kind: RowKind::Unknown,
        presence: Presence::Absent,
        present: None,
        value: String::new(),
        default: None,
        has_presence: false,
        null_is_value: false,
        required: false,
        new_value: String::new(),
        open: None,
        in_collection: false,
        siblings: 0,
        key: None,
        extension: false,
        deprecated: false,
        rules: Arc::default(),
    }
}
