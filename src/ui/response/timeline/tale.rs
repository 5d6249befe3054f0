//! The words under the picture: a sentence a row, each tied to its bars.

use egui::{
    Align, Color32, CornerRadius, Frame, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo,
    accesskit::Role, pos2, text::LayoutJob, vec2,
};
use stubless_core::grpc::{Sentence, exact_span};

use crate::ui::{
    theme::{Tokens, fade, font, radius},
    widgets::{elided, focus_ring, hover_fade},
};

/// Width of the column of times.
const TIMES: f32 = 108.0;

/// Heights of lines.
const LINE: f32 = 19.0;
const SMALL_LINE: f32 = 16.0;

/// Sentences in order.
pub(super) struct Tale<'a> {
    pub(super) sentences: &'a [Sentence],
    /// With what each means.
    pub(super) explain: bool,
    /// The one that is picked.
    pub(super) picked: Option<usize>,
    /// It is brought into view.
    pub(super) reveal: bool,
    /// The colour of its mark.
    pub(super) color: &'a dyn Fn(&Sentence) -> Color32,
}

impl Tale<'_> {
    /// Draws them; gives the one that was pressed.
    pub(super) fn show(&self, ui: &mut Ui) -> Option<usize> {
        let tokens = Tokens::of(ui);
        let mut pressed = None;
        Frame::NONE
            .fill(tokens.surface.side)
            .stroke(Stroke::new(1.0, tokens.line.weak))
            .corner_radius(f32::from(radius::L))
            .inner_margin(1)
            .show(ui, |ui| {
                ScrollArea::vertical()
                    .id_salt("tale")
                    .auto_shrink(false)
                    .show(ui, |ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        ui.add_space(4.0);
                        for (index, sentence) in self.sentences.iter().enumerate() {
                            if self.row_ui(ui, index, sentence) {
                                pressed = Some(index);
                            }
                        }
                        ui.add_space(4.0);
                    });
            });
        pressed
    }

    fn row_ui(&self, ui: &mut Ui, index: usize, sentence: &Sentence) -> bool {
        let tokens = Tokens::of(ui);
        let width = ui.available_width();
        let room = (width - TIMES - 20.0).max(80.0);
        let job = self.job(tokens, sentence, room);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let height = galley.size().y + 10.0;
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        let picked = self.picked == Some(index);
        response.widget_info(|| {
            let words = match (self.explain, sentence.lesson.as_str()) {
                (true, lesson) if !lesson.is_empty() => format!("{}. {lesson}", sentence.text),
                _ => sentence.text.clone(),
            };
            WidgetInfo::selected(Role::ListItem, true, picked, words)
        });
        if picked && self.reveal {
            ui.scroll_to_rect(rect, Some(Align::Center));
        }
        if !ui.is_rect_visible(rect) {
            return response.clicked();
        }
        if picked {
            ui.painter()
                .rect_filled(rect, CornerRadius::ZERO, tokens.surface.selected);
        } else {
            let over = fade(tokens.surface.raised, hover_fade(ui, &response));
            ui.painter().rect_filled(rect, CornerRadius::ZERO, over);
        }
        focus_ring(ui, &response, rect, radius::S);
        let micros = sentence.at.micros();
        let sign = if micros < 0 { "−" } else { "" };
        let time = format!("{sign}{}", exact_span(micros.unsigned_abs()));
        let time = elided(
            ui,
            time,
            font::small_code(),
            tokens.text.faint,
            TIMES - 16.0,
        );
        let left = rect.left() + TIMES - 12.0 - time.size().x;
        let top = rect.top() + 5.0;
        // Both have their first line at one height.
        let down = (LINE - time.size().y) / 2.0;
        ui.painter()
            .galley(pos2(left, top + down), time, tokens.text.faint);
        let mark = Rect::from_min_size(
            pos2(rect.left() + TIMES - 4.0, rect.top() + 6.0),
            vec2(3.0, (height - 12.0).max(4.0)),
        );
        let color = (self.color)(sentence);
        ui.painter().rect_filled(mark, CornerRadius::same(2), color);
        let text = pos2(rect.left() + TIMES + 8.0, top);
        ui.painter().galley(text, galley, tokens.text.normal);
        response.clicked()
    }

    fn job(&self, tokens: &Tokens, sentence: &Sentence, width: f32) -> LayoutJob {
        let mut job = LayoutJob::default();
        let format = |font, color, height| egui::TextFormat {
            line_height: Some(height),
            ..egui::TextFormat::simple(font, color)
        };
        job.wrap.max_width = width;
        let text = format(font::body(), tokens.text.normal, LINE);
        job.append(&sentence.text, 0.0, text);
        if self.explain && !sentence.lesson.is_empty() {
            let lesson = format(font::small(), tokens.text.weak, SMALL_LINE);
            job.append("\n", 0.0, lesson.clone());
            job.append(&sentence.lesson, 0.0, lesson);
        }
        job
    }
}
