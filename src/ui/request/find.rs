//! The row of the form that a field of the proto file has, or would have.

use stubless_core::message::{FormRow, RowKind};

/// The row of a field and `true`, or the one nearest above it; of several a closed one, which hides it.
pub(super) fn nearest<'a>(rows: &'a [FormRow], field: &str) -> Option<(&'a FormRow, bool)> {
    let mut best: Option<(&FormRow, usize)> = None;
    for row in rows {
        let name = without_items(&row.name);
        let leads = field.strip_prefix(name.as_str());
        if matches!(row.kind, RowKind::Oneof { .. })
            || !leads.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        {
            continue;
        }
        if name == field {
            return Some((row, true));
        }
        let nearer = best.is_none_or(|(known, length)| {
            let hides = row.open == Some(false) && known.open != Some(false);
            name.len() > length || (name.len() == length && hides)
        });
        if nearer {
            best = Some((row, name.len()));
        }
    }
    best.map(|(row, _)| (row, false))
}

/// `order.items[2].price` is the field `order.items.price`.
fn without_items(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut inside = false;
    for c in name.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
}
