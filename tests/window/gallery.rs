//! Every widget in one window, to look at while working on them:
//! `cargo run --example gallery`, with `light` as an argument for the light theme.

use std::collections::BTreeSet;

use egui::{CentralPanel, Frame, Margin, Panel, Ui};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use stubless::app::BodyView;
use stubless::ui::{
    request::{BodyEditor, BodyState, SettingsView, metadata_ui},
    theme::{self, Preference, Tokens, icon},
    widgets::{
        Axis, ButtonStyle, Check, Chip, DocumentTab, EmptyPane, FailureCard, IconButton, Picker,
        PickerItem, PushButton, Segmented, Splitter, Switch, Tab, Tabs, TextField, TextLines,
        TextViewer, Toast, TreeRow, app_mark, call_badge, loading_pane, section_label, toasts_ui,
    },
};
use stubless_core::{
    call::{Failure, Fix},
    demo::DESCRIPTOR_SET,
    message::{Document, Scope, check, starting_body},
    schema::CallKind,
    workspace::{CallSettings, MetadataRow, TargetSettings},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pane {
    Message,
    Metadata,
    Settings,
}

struct Gallery {
    filter: String,
    target: String,
    pane: Pane,
    view: BodyView,
    document: Document,
    body: BodyState,
    message: Option<MessageDescriptor>,
    rows: Vec<MetadataRow>,
    settings: TargetSettings,
    call: CallSettings,
    unread: stubless::app::Unread,
    deadline_ms: Option<u64>,
    lines: TextLines,
    fraction: f32,
    on: bool,
    closed: BTreeSet<&'static str>,
    rename: Option<String>,
}

const BODY: &str = r#"{
  // the account whose entries stream
  "account_id": "acc_9f2c41d7",
  "currencies": ["EUR", "USD"],
  "filter": {
    "min_amount": { "units": "250", "nanos": 500000000 },
    "include_pending": false,
    "token": "Bearer {{ token }}"
  },
  "page_size": 50
}"#;

impl Gallery {
    fn new() -> Self {
        let row = |key: &str, value: &str, enabled| MetadataRow {
            key: key.to_owned(),
            value: value.to_owned(),
            enabled,
        };
        // Another message of the demo can be named as an argument.
        let name = std::env::args().find(|a| a.starts_with("demo."));
        let name = name.unwrap_or_else(|| "demo.v1.Everything".to_owned());
        let pool = DescriptorPool::decode(DESCRIPTOR_SET).ok();
        let message = pool.and_then(|pool| pool.get_message_by_name(&name));
        let body = message
            .as_ref()
            .map_or_else(|| BODY.to_owned(), starting_body);
        Self {
            filter: String::new(),
            target: "library.example:443".to_owned(),
            pane: Pane::Message,
            view: BodyView::Form,
            document: Document::new(body),
            body: BodyState::default(),
            message,
            call: CallSettings::default(),
            unread: Default::default(),
            settings: TargetSettings {
                insecure_skip_verify: Some(true),
                ..TargetSettings::default()
            },
            deadline_ms: Some(5_000),
            rows: vec![
                row("authorization", "Bearer {{token}}", true),
                row("x-request-id", "{{uuid()}}", false),
            ],
            lines: TextLines::new(BODY.repeat(200)),
            fraction: 0.5,
            on: true,
            closed: BTreeSet::new(),
            rename: Some("New request".to_owned()),
        }
    }

    fn side(&mut self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        ui.add_space(8.0);
        TextField::search(&mut self.filter, "Filter services and methods").show(ui);
        ui.add_space(8.0);
        section_label(ui, "SERVICES");
        ui.spacing_mut().item_spacing.y = 0.0;
        let open = !self.closed.contains("library");
        let row = TreeRow::new("library.v1.Library").depth(0).open(open);
        let shown = row
            .icon(icon::CUBE, Some(tokens.accent.text))
            .right("4")
            .show(ui);
        if shown.toggled {
            if open {
                self.closed.insert("library");
            } else {
                self.closed.remove("library");
            }
        }
        if open {
            for (name, kind, selected) in [
                ("GetBook", CallKind::Unary, false),
                ("ListBooks", CallKind::ServerStream, true),
                ("ImportBooks", CallKind::ClientStream, false),
                ("Chat", CallKind::Bidi, false),
            ] {
                TreeRow::new(name)
                    .depth(1)
                    .kind(kind)
                    .selected(selected)
                    .actions(&[(icon::PLUS, "New request")])
                    .show(ui);
            }
        }
        ui.add_space(8.0);
        section_label(ui, "REQUESTS");
        TreeRow::new("Smoke tests")
            .open(true)
            .icon(icon::FOLDER, None)
            .actions(&[(icon::PENCIL_SIMPLE, "Rename"), (icon::TRASH, "Delete")])
            .show(ui);
        let row = TreeRow::new("New request").depth(1).kind(CallKind::Unary);
        if row.rename(self.rename.as_mut()).show(ui).rename.is_some() {
            self.rename = None;
        }
        TreeRow::new("broken.json")
            .depth(1)
            .icon(icon::WARNING, Some(tokens.warn.text))
            .faint(true)
            .show(ui);
        ui.add_space(12.0);
        ui.horizontal(|ui| {
            app_mark(ui, 26.0);
            ui.add(IconButton::new(icon::PLUS, "Add"));
            ui.add(IconButton::new(icon::ARROWS_CLOCKWISE, "Refresh"));
            ui.add(IconButton::new(icon::TREE_STRUCTURE, "Services").selected(true));
            ui.add_enabled(false, IconButton::new(icon::TRASH, "Not now"));
        });
        ui.horizontal(|ui| {
            ui.add(Switch::new(&mut self.on, "A switch"));
            ui.add(Check::new(&mut self.on, "A check box").with_word());
        });
        ui.horizontal_wrapped(|ui| {
            for kind in [
                CallKind::Unary,
                CallKind::ServerStream,
                CallKind::ClientStream,
                CallKind::Bidi,
            ] {
                call_badge(ui, kind);
            }
        });
        ui.horizontal_wrapped(|ui| {
            ui.add(PushButton::new("Cancel").style(ButtonStyle::Danger));
            ui.add(PushButton::new("Format").icon(icon::TEXT_ALIGN_LEFT));
            ui.add(PushButton::new("Quiet").style(ButtonStyle::Quiet).caret());
        });
    }

    fn left(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let tabs = [
                (Pane::Message, "Message", 0),
                (Pane::Metadata, "Metadata", 2),
                (Pane::Settings, "Settings", 0),
            ]
            .map(|(value, text, count)| Tab { value, text, count });
            Tabs::new(&tabs).max_width(300.0).show(ui, &mut self.pane);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                Segmented::new(
                    "View",
                    &[
                        (BodyView::Form, Some(icon::LIST_BULLETS), "Form"),
                        (BodyView::Json, Some(icon::BRACKETS_CURLY), "JSON"),
                    ],
                )
                .show(ui, &mut self.view);
            });
        });
        match self.pane {
            Pane::Message => {
                let diagnostics = self.message.as_ref().map_or_else(Vec::new, |message| {
                    check(&self.document, message, &Scope::default())
                });
                BodyEditor::new(&mut self.document, &mut self.body)
                    .message(self.message.as_ref())
                    .diagnostics(&diagnostics)
                    .checked(true)
                    .show(ui, &mut self.view);
            }
            Pane::Metadata => {
                metadata_ui(ui, &mut self.rows, &[]);
            }
            Pane::Settings => {
                SettingsView::new(&mut self.settings, &mut self.call, &mut self.unread)
                    .deadline(&mut self.deadline_ms)
                    .show(ui);
            }
        }
    }

    fn right(&mut self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        ui.horizontal_wrapped(|ui| {
            ui.add(Chip::new("Streaming", tokens.accent).icon(icon::BROADCAST));
            ui.add(Chip::new("0 OK", tokens.good).icon(icon::CHECK_CIRCLE));
            ui.add(Chip::new("5 NOT_FOUND", tokens.bad).icon(icon::X_CIRCLE));
            ui.add(Chip::new("Not verified", tokens.warn).icon(icon::SHIELD_WARNING));
        });
        TextViewer::new(&self.lines, "Message 3")
            .height(150.0)
            .show(ui);
        ui.add_space(8.0);
        FailureCard::new(&Failure {
            summary: "Cannot connect to `localhost:50051`".to_owned(),
            reason: "connection refused (os error 111)".to_owned(),
            hint: "Is the server running? Stubless reached the host, but nothing listens there."
                .to_owned(),
            fixes: vec![Fix::Retry, Fix::UseTls],
            place: None,
            unconnected: false,
        })
        .show(ui);
        ui.add_space(8.0);
        ui.columns_const(|[a, b]: &mut [Ui; 2]| {
            loading_pane(a, "Asking the server…");
            EmptyPane::new(
                icon::TRAY,
                "No response yet",
                "Fill in the message and press Send.",
            )
            .actions(&[(icon::PAPER_PLANE_RIGHT, "Send")])
            .show(b);
        });
    }

    fn main(&mut self, ui: &mut Ui) {
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        ui.horizontal(|ui| {
            for (title, kind, dirty, active) in [
                ("ListBooks", CallKind::ServerStream, true, true),
                ("GetBook", CallKind::Unary, false, false),
                ("A request with a long name", CallKind::Bidi, true, false),
            ] {
                DocumentTab::new(title)
                    .kind(Some(kind))
                    .dirty(dirty)
                    .active(active)
                    .show(ui);
            }
        });
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.add_space(10.0);
            let width = ui.available_width() - 330.0;
            TextField::new(&mut self.target, "Target")
                .icon(icon::LOCK_SIMPLE)
                .code()
                .width(width)
                .height(36.0)
                .show(ui);
            Picker::new("Method", "Library / ListBooks")
                .width(200.0)
                .height(36.0)
                .show(ui, || {
                    let methods = ["GetBook", "ListBooks", "Chat"];
                    methods.map(|m| PickerItem::new(m, "library.v1")).into()
                });
            ui.add(PushButton::primary("Send").icon(icon::PAPER_PLANE_RIGHT_FILL));
        });
        ui.add_space(4.0);
        let mut fraction = self.fraction;
        let this = std::cell::RefCell::new(self);
        let inner = |ui: &mut Ui, draw: &mut dyn FnMut(&mut Ui)| {
            Frame::NONE.inner_margin(Margin::same(12)).show(ui, |ui| {
                ui.spacing_mut().item_spacing = egui::vec2(8.0, 6.0);
                draw(ui);
            });
        };
        Splitter::new(Axis::Horizontal, "Request and response").show(
            ui,
            &mut fraction,
            |ui| inner(ui, &mut |ui| this.borrow_mut().left(ui)),
            |ui| inner(ui, &mut |ui| this.borrow_mut().right(ui)),
        );
        this.into_inner().fraction = fraction;
    }
}

impl eframe::App for Gallery {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let tokens = Tokens::of(ui);
        Panel::left("side")
            .default_size(270.0)
            .show_separator_line(false)
            .frame(Frame::NONE.fill(tokens.surface.side).inner_margin(8))
            .show(ui, |ui| self.side(ui));
        CentralPanel::no_frame()
            .frame(Frame::NONE.fill(tokens.surface.pane))
            .show(ui, |ui| self.main(ui));
        let toast = Toast {
            id: 1,
            text: "Deleted “Smoke tests”".to_owned(),
            tone: tokens.good,
            icon: icon::CHECK_CIRCLE,
            action: Some("Undo".to_owned()),
        };
        toasts_ui(ui, &[toast]);
    }
}

fn main() -> eframe::Result {
    let light = std::env::args().any(|argument| argument == "light");
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_inner_size([1440.0, 900.0]),
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "stubless-gallery",
        options,
        Box::new(move |cc| {
            theme::apply(&cc.egui_ctx);
            let preference = if light {
                Preference::Light
            } else {
                Preference::Dark
            };
            theme::set_preference(&cc.egui_ctx, preference);
            Ok(Box::new(Gallery::new()))
        }),
    )
}
