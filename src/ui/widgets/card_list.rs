//! A column of cards of different heights, of which only those in view are drawn: ten thousand cost what
//! a screenful does.
//!
//! A card's height is known once it was drawn; until then a guess stands for it, so the bar moves a
//! little while a list is scrolled for the first time.

use std::ops::Range;

use egui::{Id, Rect, ScrollArea, Ui, UiBuilder, pos2};

/// The list.
#[derive(Debug, Clone)]
pub struct CardList {
    id: Id,
    guess: f32,
    max_height: f32,
}

/// What is kept between frames.
#[derive(Debug, Clone, Default)]
struct Heights {
    /// The width they were measured at.
    width: f32,
    /// One a card; `None` until it was drawn.
    cards: Vec<Option<f32>>,
}

impl CardList {
    /// A list under a name of its own, with the height that a card probably has.
    pub fn new(name: &str, guess: f32) -> Self {
        Self {
            id: Id::unique(("cards", name)),
            guess,
            max_height: f32::INFINITY,
        }
    }

    /// The height from which it scrolls.
    #[must_use]
    pub fn max_height(mut self, height: f32) -> Self {
        self.max_height = height;
        self
    }

    /// Draws the cards in view with `card`, which is handed a card's index.
    pub fn show(self, ui: &mut Ui, count: usize, mut card: impl FnMut(&mut Ui, usize)) {
        ScrollArea::vertical()
            .max_height(self.max_height)
            // What it stands in may only grow with what it shows.
            .min_scrolled_height(self.max_height.min(10_000.0))
            .auto_shrink([false, true])
            .content_margin(crate::ui::theme::space::BESIDE_BAR)
            .show_viewport(ui, |ui, viewport| {
                let mut heights: Heights = ui
                    .data_mut(|data| data.remove_temp(self.id))
                    .unwrap_or_default();
                let width = ui.available_width();
                if heights.cards.len() != count || (heights.width - width).abs() > 0.5 {
                    heights = Heights {
                        width,
                        cards: vec![None; count],
                    };
                }
                let (visible, above, total) = self.visible(&heights.cards, viewport.y_range());
                let area = ui.max_rect();
                ui.set_height(total);
                let mut top = area.top() + above;
                for index in visible {
                    let rect = Rect::from_min_max(
                        pos2(area.left(), top),
                        pos2(area.right(), f32::INFINITY),
                    );
                    let builder = UiBuilder::new().max_rect(rect).id_salt(index);
                    let height = ui
                        .scope_builder(builder, |ui| card(ui, index))
                        .response
                        .rect
                        .height();
                    if let Some(known) = heights.cards.get_mut(index) {
                        *known = Some(height);
                    }
                    top += height;
                }
                ui.data_mut(|data| data.insert_temp(self.id, heights));
            });
    }

    /// The cards in view, what stands above them, and the height of all.
    fn visible(&self, cards: &[Option<f32>], view: egui::Rangef) -> (Range<usize>, f32, f32) {
        let mut top = 0.0;
        let mut above = 0.0;
        let mut range = 0..0;
        for (index, height) in cards.iter().enumerate() {
            let bottom = top + height.unwrap_or(self.guess);
            if bottom < view.min {
                range = index + 1..index + 1;
                above = bottom;
            } else if top <= view.max {
                range.end = index + 1;
            }
            top = bottom;
        }
        (range, above, top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_view_is_drawn() {
        let list = CardList::new("test", 10.0);
        let mut cards = vec![None; 10_000];
        cards[1] = Some(50.0);
        let rows = [
            ("the top", 0.0, 15.0, 0..2, 0.0),
            ("inside a tall card", 20.0, 40.0, 1..2, 10.0),
            ("the middle", 1_000.0, 1_020.0, 95..99, 990.0),
            ("the end", 100_030.0, 100_090.0, 9_998..10_000, 100_020.0),
        ];
        for (name, min, max, range, above) in rows {
            let seen = list.visible(&cards, egui::Rangef::new(min, max));
            assert_eq!(seen, (range, above, 100_040.0), "{name}");
        }
        let none = list.visible(&[], egui::Rangef::new(0.0, 100.0));
        assert_eq!(none, (0..0, 0.0, 0.0));
    }
}
