//! The editor of an environment: name, colour, whether it is production, variables.

use egui::{Align, Layout, Popup, PopupCloseBehavior, RichText, ScrollArea, Sense, Ui, vec2};
use stubless_core::workspace::Variable;

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{Action, AppState, EnvironmentEditor},
    ui::{
        environment::{COLORS, tone},
        settings::label,
        theme::{Tokens, font, icon, space},
        widgets::{
            ButtonStyle, Check, IconButton, PushButton, TextField, focus_ring, template_help_ui,
        },
    },
};

/// Draws the dialog.
pub(super) fn environment_ui(
    ui: &mut Ui,
    state: &AppState,
    editor: &mut EnvironmentEditor,
    first: bool,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 250.0).max(160.0);
        let name = TextField::new(&mut editor.file.name, "Environment name")
            .hint("staging")
            .width(width)
            .show(ui);
        if first && editor.old.is_none() {
            name.request_focus();
        }
        colors_ui(ui, editor);
    });
    ui.add_space(space::S);
    ui.add(
        Check::new(
            &mut editor.file.production,
            "Production: ask before every call",
        )
        .with_word(),
    );
    ui.add_space(space::S);
    ui.horizontal(|ui| {
        label(
            ui,
            "Variables, used as {{ name }} in targets, metadata and messages",
        );
        let help = ui.add(IconButton::new(icon::QUESTION, "What expressions can do").small());
        Popup::menu(&help)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                ui.set_width(430.0);
                template_help_ui(ui);
            });
    });
    let height = (ui.ctx().content_rect().height() - 380.0).clamp(120.0, 340.0);
    ScrollArea::vertical()
        .max_height(height)
        .auto_shrink([false, true])
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| variables_ui(ui, &mut editor.file.variables));
    ui.label(
        RichText::new("A secret's value stays in memory and is never written to disk")
            .font(font::small())
            .color(tokens.text.faint),
    );
    let name = editor.file.name.trim();
    let taken = state.open_workspace().is_some_and(|w| {
        w.environments
            .iter()
            .any(|e| e.name == name && Some(&e.name) != editor.old.as_ref())
    });
    if taken {
        ui.label(
            RichText::new("Another environment has this name")
                .font(font::small())
                .color(tokens.bad.text),
        );
    }
    let ready = !name.is_empty() && !taken;
    let pressed = buttons_ui(ui, ("Save environment", ready), |ui| {
        cancel_ui(ui, out);
        if let Some(old) = &editor.old {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let delete = PushButton::new("Delete environment").style(ButtonStyle::Danger);
                if ui.add(delete).clicked() {
                    out.push(Action::DeleteEnvironment(old.clone()));
                }
            });
        }
    });
    if pressed {
        out.push(Action::SaveEnvironment {
            old: editor.old.clone(),
            environment: editor.file.clone(),
        });
    }
}

fn colors_ui(ui: &mut Ui, editor: &mut EnvironmentEditor) {
    let tokens = Tokens::of(ui);
    let choices = std::iter::once(None).chain(COLORS.into_iter().map(Some));
    for color in choices {
        let (rect, response) = ui.allocate_exact_size(vec2(26.0, 26.0), Sense::click());
        let chosen = editor.file.color.as_deref() == color;
        let name = format!("Colour {}", color.unwrap_or("none"));
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::accesskit::Role::RadioButton, true, chosen, &name)
        });
        let paint = tone(tokens, color);
        if color.is_some() {
            ui.painter().circle_filled(rect.center(), 7.0, paint.text);
        } else {
            let mark = icon::PROHIBIT;
            ui.painter().text(
                rect.center(),
                egui::Align2::CENTER_CENTER,
                mark.text(),
                mark.font(15.0),
                tokens.text.weak,
            );
        }
        if chosen {
            ui.painter().circle_stroke(
                rect.center(),
                10.5,
                egui::Stroke::new(1.5, tokens.text.strong),
            );
        }
        focus_ring(ui, &response, rect, 13);
        if response.clicked() {
            editor.file.color = color.map(str::to_owned);
        }
        response.on_hover_text(name);
    }
}

fn variables_ui(ui: &mut Ui, variables: &mut Vec<Variable>) {
    let mut remove = None;
    for (index, variable) in variables.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            ui.horizontal(|ui| {
                let number = index + 1;
                let width = ui.available_width() - 148.0;
                TextField::new(&mut variable.name, &format!("Variable {number} name"))
                    .hint("name")
                    .code()
                    .width(width * 0.4)
                    .show(ui);
                TextField::new(&mut variable.value, &format!("Variable {number} value"))
                    .hint(if variable.secret {
                        "typed anew in each run"
                    } else {
                        "value"
                    })
                    .code()
                    .secret(variable.secret)
                    .width(width * 0.6)
                    .show(ui);
                ui.add(Check::new(&mut variable.secret, "Secret").with_word());
                let delete = format!("Remove variable {number}");
                if ui
                    .add(IconButton::new(icon::TRASH, &delete).small())
                    .clicked()
                {
                    remove = Some(index);
                }
            });
        });
    }
    if let Some(index) = remove {
        variables.remove(index);
    }
    let add = PushButton::new("Add variable")
        .icon(icon::PLUS)
        .style(ButtonStyle::Quiet);
    if ui.add(add).clicked() {
        variables.push(Variable::default());
    }
}
