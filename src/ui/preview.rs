//! The whole request as it would be sent: where to, with which metadata, and the message, every expression
//! filled in.

use std::sync::Arc;

use egui::{Label, RichText, ScrollArea, Ui};
use prost_reflect::MethodDescriptor;
use stubless_core::{
    grpc::Transport,
    message::{
        Diagnostic, Document, DocumentId, JsonOptions, Scope, encode_within, expand, mask_secrets,
        to_json,
    },
};

use super::{
    document::Facts,
    theme::{Tokens, font, icon, space},
    widgets::{
        IconButton, TextLines, TextViewer, Variables, define_ui, forget_template_values,
        section_label, template_value_ui,
    },
    words,
};
use crate::app::{Action, Tab};

/// A longer message is not previewed: that would take more than a frame.
const MAX_BYTES: usize = 1 << 20;
/// Mistakes of a message that are listed.
const MISTAKES: usize = 5;
/// Width of the names at the left.
const NAMES: f32 = 110.0;

/// The message as it was last encoded for the pane.
#[derive(Debug, Default)]
pub(super) struct PreviewCache {
    made_from: Option<MadeFrom>,
    shown: Shown,
}

#[derive(Debug, Clone, PartialEq)]
struct MadeFrom {
    document: (DocumentId, u64),
    method: String,
    book: u64,
    scope: Scope,
}

#[derive(Debug, Default)]
enum Shown {
    /// No schema knows the type.
    #[default]
    Unknown,
    TooLarge,
    Sent {
        lines: Arc<TextLines>,
        bytes: usize,
    },
    Wrong(Vec<Diagnostic>),
}

/// Draws the pane.
pub(super) fn preview_ui(
    ui: &mut Ui,
    tab: &Tab,
    facts: &Facts,
    cache: &mut PreviewCache,
    out: &mut Vec<Action>,
) {
    let variables = facts.variables();
    ScrollArea::vertical()
        .id_salt("preview")
        .auto_shrink(false)
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| {
            head_ui(ui, cache);
            let define = target_ui(ui, tab, facts, variables);
            out.extend(define.map(Action::DefineVariable));
            metadata_ui(ui, facts, variables, out);
            let define = message_ui(ui, tab, facts, cache);
            out.extend(define.map(Action::DefineVariable));
        });
}

fn head_ui(ui: &mut Ui, cache: &mut PreviewCache) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let words = "As it would be sent now; time and chance differ each time";
        let words = RichText::new(words).font(font::small());
        ui.label(words.color(tokens.text.faint));
        let again = IconButton::new(icon::ARROWS_CLOCKWISE, "Fill in again").small();
        if ui.add(again).clicked() {
            cache.made_from = None;
            forget_template_values(ui);
        }
    });
    ui.add_space(space::XS);
}

/// A name and what stands beside it.
fn row<R>(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui) -> R) -> R {
    let tokens = Tokens::of(ui);
    ui.horizontal_top(|ui| {
        let left = ui.cursor().left();
        let name = RichText::new(name).font(font::small_code());
        ui.add(Label::new(name.color(tokens.text.weak)).truncate());
        let used = ui.cursor().left() - left;
        ui.add_space((NAMES - used).max(0.0));
        ui.vertical(value).inner
    })
    .inner
}

fn plain(ui: &mut Ui, text: &str) {
    let tokens = Tokens::of(ui);
    let text = RichText::new(text).font(font::small_code());
    ui.add(Label::new(text.color(tokens.text.normal)).wrap());
}

fn target_ui(ui: &mut Ui, tab: &Tab, facts: &Facts, variables: Variables<'_>) -> Option<String> {
    section_label(ui, "CALL");
    let define = row(ui, "target", |ui| {
        template_value_ui(ui, &facts.target, variables)
    });
    row(ui, "transport", |ui| {
        plain(
            ui,
            match facts.transport {
                Some(Transport::Tls) => "TLS",
                Some(Transport::Plaintext) => "plaintext",
                None => "as the target says",
            },
        );
    });
    row(ui, "method", |ui| {
        plain(ui, &format!("/{}", tab.draft.method));
    });
    if let Some(deadline) = facts.inherited_call.deadline_for(tab.draft.deadline_ms) {
        row(ui, "deadline", |ui| plain(ui, &format!("{deadline} ms")));
    }
    ui.add_space(space::S);
    define
}

fn metadata_ui(ui: &mut Ui, facts: &Facts, variables: Variables<'_>, out: &mut Vec<Action>) {
    let sent = facts.metadata.iter().filter(|row| row.enabled);
    let sent: Vec<_> = sent.filter(|row| !row.key.trim().is_empty()).collect();
    if sent.is_empty() {
        return;
    }
    section_label(ui, "METADATA");
    for entry in sent {
        let define = row(ui, &entry.key, |ui| {
            template_value_ui(ui, &entry.value, variables)
        });
        out.extend(define.map(Action::DefineVariable));
    }
    ui.add_space(space::S);
}

/// Gives a name that is to be defined.
fn message_ui(ui: &mut Ui, tab: &Tab, facts: &Facts, cache: &mut PreviewCache) -> Option<String> {
    let document = tab.draft.messages.get(tab.view.message)?;
    let mut define = None;
    cache.refresh(document, tab, facts);
    let tokens = Tokens::of(ui);
    let mut title = "MESSAGE".to_owned();
    if tab.draft.messages.len() > 1 {
        title = format!("MESSAGE {}", tab.view.message + 1);
    }
    if let Shown::Sent { bytes, .. } = &cache.shown {
        let bytes = words::bytes(u64::try_from(*bytes).unwrap_or(u64::MAX));
        title.push_str(&format!(" · {bytes} on the wire"));
    }
    section_label(ui, &title);
    let weak = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).color(tokens.text.weak));
    };
    match &cache.shown {
        Shown::Unknown => weak(ui, "No schema knows the method yet."),
        Shown::TooLarge => weak(ui, "Too large to be shown here; it is sent all the same."),
        Shown::Sent { lines, .. } => {
            let height = (lines.len() as f32 + 1.0) * crate::ui::theme::size::CODE_LINE;
            TextViewer::new(lines, "Message as sent")
                .height(height.clamp(60.0, 480.0))
                .show(ui);
        }
        Shown::Wrong(diagnostics) => {
            for diagnostic in diagnostics.iter().take(MISTAKES) {
                if let Some(name) = mistake_ui(ui, document, diagnostic, facts) {
                    define = Some(name);
                }
            }
        }
    }
    define
}

fn mistake_ui(
    ui: &mut Ui,
    document: &Document,
    diagnostic: &Diagnostic,
    facts: &Facts,
) -> Option<String> {
    let tokens = Tokens::of(ui);
    let (line, column) = document.line_column(diagnostic.range.start);
    let mut text = format!("line {line}, column {column}: {}", diagnostic.message);
    if let Some(hint) = &diagnostic.hint {
        text.push_str("; ");
        text.push_str(hint);
    }
    ui.add(Label::new(RichText::new(text).color(tokens.bad.text)).wrap());
    let wrong = document.text().get(diagnostic.range.clone())?;
    let missing = expand(wrong, &facts.scope).err()?.undefined?;
    define_ui(ui, &missing, facts.environment.as_deref()).then_some(missing)
}

impl PreviewCache {
    fn refresh(&mut self, document: &Document, tab: &Tab, facts: &Facts) {
        let now = MadeFrom {
            document: (document.id(), document.revision()),
            method: tab.draft.method.clone(),
            book: facts.book,
            scope: facts.scope.clone(),
        };
        if self.made_from.as_ref() == Some(&now) {
            return;
        }
        self.made_from = Some(now);
        self.shown = match &facts.method {
            Some(_) if document.text().len() > MAX_BYTES => Shown::TooLarge,
            Some(method) => encoded(document, method, facts),
            None => Shown::Unknown,
        };
    }
}

fn encoded(document: &Document, method: &MethodDescriptor, facts: &Facts) -> Shown {
    let Some(schema) = &facts.schema else {
        return Shown::Unknown;
    };
    let input = method.input();
    let bytes = match encode_within(document, &input, &facts.scope, schema) {
        Ok(bytes) => bytes,
        Err(diagnostics) => return Shown::Wrong(diagnostics),
    };
    let options = JsonOptions {
        pretty: true,
        defaults: false,
        max_bytes: MAX_BYTES,
    };
    let text = to_json(&input, &bytes, options).text;
    let secret = |name: &str| facts.secrets.contains(name);
    let text = mask_secrets(text, document, &input, &facts.scope, secret);
    Shown::Sent {
        lines: Arc::new(TextLines::new(text)),
        bytes: bytes.len(),
    }
}
