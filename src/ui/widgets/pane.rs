//! What a pane shows when it has nothing to show: empty, loading, failed.

use std::time::Duration;

use egui::{
    Align, Align2, CornerRadius, Frame, Label, Layout, Margin, Response, RichText, Sense, Stroke,
    Ui, WidgetInfo, accesskit::Role, vec2,
};
use stubless_core::call::{Failure, Fix};

use super::{ButtonStyle, PushButton, prose, prose_with};
use crate::ui::theme::{Icon, Tokens, font, icon, radius, size, space};

/// The name of a section, small and wide apart from what is above.
pub fn section_label(ui: &mut Ui, text: &str) -> Response {
    let color = Tokens::of(ui).text.faint;
    ui.add(Label::new(
        RichText::new(text).font(font::small_strong()).color(color),
    ))
}

/// An empty pane: what it is for, and what to do next.
#[derive(Debug, Clone)]
pub struct EmptyPane<'a> {
    icon: Icon,
    title: &'a str,
    text: &'a str,
    actions: &'a [(Icon, &'a str)],
}

impl<'a> EmptyPane<'a> {
    /// A pane with a title and a sentence.
    pub fn new(icon: Icon, title: &'a str, text: &'a str) -> Self {
        Self {
            icon,
            title,
            text,
            actions: &[],
        }
    }

    /// Buttons below the sentence; the first is the one to press.
    #[must_use]
    pub fn actions(mut self, actions: &'a [(Icon, &'a str)]) -> Self {
        self.actions = actions;
        self
    }

    /// Draws it in the middle of what is left; gives the index of the button that was pressed.
    pub fn show(self, ui: &mut Ui) -> Option<usize> {
        let tokens = Tokens::of(ui);
        let mut pressed = None;
        let content = 110.0 + self.actions.len() as f32 * (size::CONTROL + space::S);
        ui.vertical_centered(|ui| {
            ui.add_space(((ui.available_height() - content) * 0.42).max(space::L));
            let (rect, _) = ui.allocate_exact_size(vec2(44.0, 44.0), Sense::hover());
            ui.painter()
                .rect_filled(rect, CornerRadius::same(12), tokens.surface.raised);
            ui.painter().text(
                rect.center(),
                Align2::CENTER_CENTER,
                self.icon.text(),
                self.icon.font(22.0),
                tokens.text.weak,
            );
            ui.add_space(space::S);
            let title = RichText::new(self.title).font(font::title());
            ui.add(Label::new(title.color(tokens.text.strong)).wrap());
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width().min(360.0));
                ui.add(Label::new(RichText::new(self.text).color(tokens.text.weak)).wrap());
            });
            ui.add_space(space::M);
            for (index, (icon, text)) in self.actions.iter().enumerate() {
                let style = if index == 0 {
                    ButtonStyle::Primary
                } else {
                    ButtonStyle::Plain
                };
                let button = PushButton::new(text).icon(*icon).style(style);
                if ui.add(button.min_width(180.0)).clicked() {
                    pressed = Some(index);
                }
                ui.add_space(space::XS);
            }
        });
        pressed
    }
}

/// A pane that waits: what for, and a turning ring.
pub fn loading_pane(ui: &mut Ui, text: &str) -> Response {
    let tokens = Tokens::of(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.38).max(space::L));
        let (rect, response) = ui.allocate_exact_size(vec2(28.0, 28.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, text));
        // 25 frames a second turn smoothly enough and leave the processor alone.
        ui.ctx().request_repaint_after(Duration::from_millis(40));
        let turn = ui.input(|i| i.time) as f32 * 4.0;
        let points: Vec<egui::Pos2> = (0..=20)
            .map(|step| {
                let angle = turn + step as f32 / 20.0 * 4.4;
                rect.center() + 11.0 * egui::Vec2::angled(angle)
            })
            .collect();
        ui.painter()
            .circle_stroke(rect.center(), 11.0, Stroke::new(2.0, tokens.line.weak));
        ui.painter()
            .line(points, Stroke::new(2.0, tokens.accent.text));
        ui.add_space(space::S);
        ui.add(Label::new(RichText::new(text).color(tokens.text.weak)).wrap());
        response
    })
    .inner
}

/// A card: what happened, why, what to try, and buttons that mend it.
#[derive(Debug, Clone)]
pub struct FailureCard<'a> {
    failure: &'a Failure,
    told_beside: bool,
}

/// Words of a fix's button.
fn fix_words(fix: &Fix) -> (Icon, String) {
    let (icon, words) = match fix {
        Fix::UseTls => (icon::LOCK_SIMPLE, "Use TLS"),
        Fix::UsePlaintext => (icon::LOCK_SIMPLE_OPEN, "Use plaintext"),
        Fix::ChooseCa => (icon::CERTIFICATE, "Choose CA file…"),
        Fix::Retry => (icon::ARROW_CLOCKWISE, "Try again"),
        Fix::AddProtos => (icon::FILE_PLUS, "Add proto files…"),
        Fix::ChooseClientCertificate => (icon::CERTIFICATE, "Choose client certificate…"),
        Fix::TrustCertificate(_) => (icon::CERTIFICATE, "Trust this certificate"),
        Fix::UseServerName(name) => return (icon::CERTIFICATE, format!("Expect {name}")),
        Fix::SkipVerification => (icon::SHIELD_WARNING, "Do not check certificates"),
        Fix::AcceptMissingAlpn => (icon::LOCK_SIMPLE, "Go on without ALPN"),
        Fix::ConnectDirectly => (icon::ARROW_CLOCKWISE, "Connect without the proxy"),
        Fix::RaiseReceiveLimit(bytes) => {
            // What is offered is a multiple of this.
            let words = match bytes % (1 << 20) {
                0 => format!("Accept up to {} MiB", bytes >> 20),
                _ => format!("Accept up to {bytes} bytes"),
            };
            return (icon::ARROW_CLOCKWISE, words);
        }
        Fix::SendUncompressed => (icon::ARROW_CLOCKWISE, "Send uncompressed"),
        Fix::SendAnyway => (icon::PAPER_PLANE_RIGHT_FILL, "Send anyway"),
    };
    (icon, words.to_owned())
}

impl<'a> FailureCard<'a> {
    /// A card for a failure.
    pub fn new(failure: &'a Failure) -> Self {
        Self {
            failure,
            told_beside: false,
        }
    }

    /// Says what happened and no more, because the same card stands beside it.
    #[must_use]
    pub fn told_beside(mut self, told_beside: bool) -> Self {
        self.told_beside = told_beside;
        self
    }

    /// Draws it; gives the fix that was pressed.
    pub fn show(self, ui: &mut Ui) -> Option<Fix> {
        let tokens = Tokens::of(ui);
        let failure = self.failure;
        let mut pressed = None;
        let frame = Frame::NONE
            .fill(tokens.bad.soft)
            .stroke(Stroke::new(1.0, tokens.bad.line))
            .corner_radius(CornerRadius::same(radius::L))
            .inner_margin(Margin::same(12));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                let mark = icon::WARNING_CIRCLE_FILL;
                let (rect, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
                ui.painter().text(
                    rect.center(),
                    Align2::CENTER_CENTER,
                    mark.text(),
                    mark.font(18.0),
                    tokens.bad.text,
                );
                ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                    ui.spacing_mut().item_spacing.y = 6.0;
                    prose_with(ui, &failure.summary, &font::strong(), tokens.text.strong);
                    if self.told_beside {
                        prose(ui, "The response says why, and what to try");
                        return;
                    }
                    if !failure.reason.is_empty() {
                        prose_with(ui, &failure.reason, &font::small_code(), tokens.text.normal);
                    }
                    if !failure.hint.is_empty() {
                        prose(ui, &failure.hint);
                    }
                    if !failure.fixes.is_empty() {
                        ui.add_space(2.0);
                        ui.horizontal_wrapped(|ui| {
                            for fix in &failure.fixes {
                                let (icon, text) = fix_words(fix);
                                if ui.add(PushButton::new(&text).icon(icon)).clicked() {
                                    pressed = Some(fix.clone());
                                }
                            }
                        });
                    }
                });
            });
        });
        pressed
    }
}
