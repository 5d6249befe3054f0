//! Draws a comment that was read as Markdown.
//!
//! An address is shown before it can be pressed, on hover; nothing is loaded and nothing opens by itself.

use egui::{Frame, Label, Margin, Response, RichText, Stroke, Ui};

use super::markdown_text::{Block, BlockKind, Link, Run};
use crate::ui::theme::{Tokens, font, radius, space};

const INDENT: f32 = 18.0;

/// Draws blocks; gives the symbol whose link was pressed.
pub fn markdown_ui(ui: &mut Ui, blocks: &[Block]) -> Option<String> {
    let mut pressed = None;
    ui.spacing_mut().item_spacing.y = space::S;
    for block in blocks {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.add_space(block.indent as f32 * INDENT);
            let found = block_ui(ui, &block.kind);
            pressed = pressed.take().or(found);
        });
    }
    pressed
}

fn block_ui(ui: &mut Ui, kind: &BlockKind) -> Option<String> {
    let tokens = Tokens::of(ui);
    match kind {
        BlockKind::Heading(runs) => runs_ui(ui, runs, true),
        BlockKind::Paragraph(runs) => runs_ui(ui, runs, false),
        BlockKind::Item(mark, runs) => {
            let mark = RichText::new(mark).color(tokens.text.weak);
            ui.allocate_ui(egui::vec2(INDENT, 0.0), |ui| {
                ui.set_min_width(INDENT);
                ui.label(mark);
            });
            runs_ui(ui, runs, false)
        }
        BlockKind::Quote(runs) => {
            let left = ui.cursor().left_top();
            ui.add_space(space::M);
            let found = runs_ui(ui, runs, false);
            let bottom = ui.min_rect().bottom();
            let line = Stroke::new(2.0, tokens.line.strong);
            ui.painter().vline(left.x + 2.0, left.y..=bottom, line);
            found
        }
        BlockKind::Code(code) => {
            Frame::NONE
                .fill(tokens.surface.well)
                .corner_radius(f32::from(radius::M))
                .inner_margin(Margin::symmetric(10, 6))
                .show(ui, |ui| {
                    let text = RichText::new(code)
                        .font(font::small_code())
                        .color(tokens.text.normal);
                    ui.add(Label::new(text).wrap().selectable(true));
                });
            None
        }
        BlockKind::Rule => {
            let rect = ui.available_rect_before_wrap();
            let line = Stroke::new(1.0, tokens.line.weak);
            ui.painter().hline(rect.x_range(), rect.top() + 3.0, line);
            ui.add_space(6.0);
            None
        }
    }
}

fn runs_ui(ui: &mut Ui, runs: &[Run], heading: bool) -> Option<String> {
    let mut pressed = None;
    ui.horizontal_wrapped(|ui| {
        // One distance between lines, whether a piece of text or a line of it ends.
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        ui.spacing_mut().interact_size.y = 0.0;
        for run in runs {
            let text = styled(ui, run, heading);
            match &run.link {
                None => {
                    ui.add(Label::new(text).wrap().selectable(true));
                }
                Some(Link::Symbol(symbol)) => {
                    if ui.link(text).on_hover_text(symbol).clicked() {
                        pressed = Some(symbol.clone());
                    }
                }
                Some(Link::Web(address)) => web_ui(&ui.link(text), address),
            }
        }
    });
    pressed
}

fn web_ui(link: &Response, address: &str) {
    let response = link.clone().on_hover_text(address);
    if response.clicked() {
        response.ctx.open_url(egui::OpenUrl::new_tab(address));
    }
}

fn styled(ui: &Ui, run: &Run, heading: bool) -> RichText {
    let tokens = Tokens::of(ui);
    let font_id = match (run.code, run.strong || heading) {
        (true, _) => egui::FontId::new(font::body().size - 0.5, font::code().family),
        (false, true) => font::strong(),
        (false, false) => font::body(),
    };
    let color = match (&run.link, heading || run.strong) {
        (Some(_), _) => tokens.accent.text,
        (None, true) => tokens.text.strong,
        (None, false) => tokens.text.normal,
    };
    let text = RichText::new(&run.text).font(font_id).color(color);
    if run.emphasis { text.italics() } else { text }
}
