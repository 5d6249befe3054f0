//! How the call is made: deadline, compression, limits.

use egui::Ui;
use stubless_core::workspace::CallSettings;

use super::{
    amount,
    rows::{Amount, amount_row, below, choice_row, line},
};
use crate::{
    app::{RECEIVE_AT_MOST, Unread},
    ui::widgets::Segmented,
};

/// A span of time.
pub(super) const SPAN: Amount = Amount {
    parse: amount::parse,
    format: amount::format,
};

/// A number of bytes.
const SIZE: Amount = Amount {
    parse: amount::parse_size,
    format: amount::format_size,
};

const COMPRESSIONS: [&str; 4] = ["identity", "gzip", "deflate", "zstd"];

/// The rows. The deadline of a request is its own; that of a level above is in the settings.
pub(super) fn call_ui(
    ui: &mut Ui,
    deadline_ms: Option<&mut Option<u64>>,
    call: &mut CallSettings,
    unread: &mut Unread,
    above: &CallSettings,
) -> bool {
    let mut changed = false;
    let inherited = |value: Option<u64>, format: fn(Option<u64>) -> String, none: &str| {
        value.map_or_else(
            || none.to_owned(),
            |_| format!("inherited: {}", format(value)),
        )
    };
    let hint = inherited(
        above.deadline_ms.filter(|&limit| limit > 0),
        amount::format,
        "none: wait for ever",
    );
    let note = "250ms, 5s, 2m; the server is told, and the call ends then";
    let value = deadline_ms.unwrap_or(&mut call.deadline_ms);
    changed |= amount_row(ui, "Deadline", (&hint, note), &SPAN, unread, value);

    changed |= compression_ui(ui, call, above);

    let hint = inherited(above.max_receive_bytes, amount::format_size, "1GiB");
    let note = "The largest message to accept; a larger one ends the call before it is buffered";
    let value = &mut call.max_receive_bytes;
    changed |= amount_row(ui, RECEIVE_AT_MOST, (&hint, note), &SIZE, unread, value);
    let hint = inherited(above.max_send_bytes, amount::format_size, "1GiB");
    let note = "The largest message to send, before compression";
    let value = &mut call.max_send_bytes;
    changed |= amount_row(ui, "Send at most", (&hint, note), &SIZE, unread, value);

    let value = &mut call.wait_for_ready;
    changed |= choice_row(ui, "Wait for ready", above.wait_for_ready, value);
    below(
        ui,
        "Where no connection can be made, try again until the deadline instead of failing at once",
    );
    let value = &mut call.check_rules;
    changed |= choice_row(ui, "Check rules", above.check_rules, value);
    below(
        ui,
        "Ask before a message is sent that breaks the rules of its schema (protovalidate)",
    );
    changed
}

fn compression_ui(ui: &mut Ui, call: &mut CallSettings, above: &CallSettings) -> bool {
    let place = |name: &Option<String>| {
        let name = name.as_deref()?;
        COMPRESSIONS.iter().position(|known| *known == name)
    };
    let mut chosen = place(&call.compression);
    let inherit = above
        .compression
        .as_deref()
        .map(|name| format!("Inherit: {name}"));
    let mut parts = Vec::new();
    if let Some(inherit) = &inherit {
        parts.push((None, None, inherit.as_str()));
    }
    for (place, name) in COMPRESSIONS.into_iter().enumerate() {
        // Where nothing is inherited, saying nothing and `identity` are the same.
        let value = match (place, &inherit, chosen) {
            (0, None, None | Some(1..)) => None,
            _ => Some(place),
        };
        parts.push((value, None, name));
    }
    let mut changed = false;
    line(ui, "Compression", |ui| {
        changed = Segmented::new("Compression", &parts)
            .show(ui, &mut chosen)
            .changed();
    });
    if changed {
        call.compression = chosen
            .and_then(|place| COMPRESSIONS.get(place))
            .map(|name| (*name).to_owned());
    }
    below(
        ui,
        "Of the request's messages; the server may answer in any of the four",
    );
    changed
}
