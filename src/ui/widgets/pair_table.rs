//! A table of keys and values with an empty last row: what is typed there becomes a row.

use std::cell::RefCell;

use egui::{CornerRadius, Id, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::{Check, IconButton, TextField, Variables, aided};
use crate::ui::theme::{Tokens, icon, radius};

/// The editable parts of a row.
#[derive(Debug)]
pub struct PairParts<'a> {
    /// Name.
    pub key: &'a mut String,
    /// Value.
    pub value: &'a mut String,
    /// Whether it counts; `None` for tables without check boxes.
    pub enabled: Option<&'a mut bool>,
    /// The value is shown as dots.
    pub secret: bool,
}

/// Something with a key and a value.
pub trait Pair {
    /// A new row, enabled.
    fn empty() -> Self;
    /// Its parts.
    fn parts(&mut self) -> PairParts<'_>;
}

/// A table over a list that belongs to somebody else.
#[derive(Debug, Clone)]
pub struct PairTable<'a> {
    name: &'a str,
    checks: bool,
    hints: (&'a str, &'a str),
    problems: &'a [(usize, String)],
    templates: Option<(Variables<'a>, &'a RefCell<Option<String>>)>,
}

const ROW: f32 = 34.0;

impl<'a> PairTable<'a> {
    /// `name` is one row's: `Metadata`, `Variable`.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            checks: true,
            hints: ("key", "value"),
            problems: &[],
            templates: None,
        }
    }

    /// Helps with `{{ … }}` in keys and values; a name that is to be defined is put into `define`.
    #[must_use]
    pub fn templates(
        mut self,
        variables: Variables<'a>,
        define: &'a RefCell<Option<String>>,
    ) -> Self {
        self.templates = Some((variables, define));
        self
    }

    /// Without check boxes.
    #[must_use]
    pub fn without_checks(mut self) -> Self {
        self.checks = false;
        self
    }

    /// Words in the empty row.
    #[must_use]
    pub fn hints(mut self, key: &'a str, value: &'a str) -> Self {
        self.hints = (key, value);
        self
    }

    /// What is wrong with a row, by index.
    #[must_use]
    pub fn problems(mut self, problems: &'a [(usize, String)]) -> Self {
        self.problems = problems;
        self
    }

    /// Draws it over the whole width; gives whether anything changed.
    pub fn show<P: Pair>(self, ui: &mut Ui, rows: &mut Vec<P>) -> bool {
        let tokens = Tokens::of(ui);
        let width = ui.available_width();
        let height = ROW * (rows.len() + 1) as f32;
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let id = ui.make_persistent_id(("pair-table", self.name));
        ui.painter().rect(
            rect,
            CornerRadius::same(radius::L),
            tokens.surface.well,
            Stroke::new(1.0, tokens.line.weak),
            StrokeKind::Inside,
        );
        let split = self.split(rect);
        let line = Stroke::new(1.0, tokens.line.weak);
        ui.painter().vline(split, rect.y_range(), line);

        let mut changed = false;
        let mut delete = None;
        for (index, row) in rows.iter_mut().enumerate() {
            let place = row_rect(rect, index);
            ui.painter()
                .hline(rect.x_range(), place.bottom().round() - 0.5, line);
            let (edited, gone) = self.row_ui(ui, place, id, index, row.parts());
            changed |= edited;
            if gone {
                delete = Some(index);
            }
        }
        let mut fresh = P::empty();
        let place = row_rect(rect, rows.len());
        // The fields have the ids of the row that typing makes, so the keyboard stays with it.
        if self.cells_ui(ui, place, id, rows.len(), &mut fresh.parts(), true) {
            rows.push(fresh);
            changed = true;
        }
        if let Some(index) = delete {
            rows.remove(index);
            changed = true;
        }
        changed
    }

    fn split(&self, rect: Rect) -> f32 {
        let left = if self.checks { 36.0 } else { 4.0 };
        (rect.left() + left + (rect.width() - left - 36.0) * 0.38).round() + 0.5
    }

    fn row_ui(
        &self,
        ui: &mut Ui,
        place: Rect,
        id: Id,
        index: usize,
        mut parts: PairParts<'_>,
    ) -> (bool, bool) {
        let mut changed = false;
        if self.checks
            && let Some(enabled) = parts.enabled.as_deref_mut()
        {
            let at = Rect::from_center_size(
                pos2(place.left() + 20.0, place.center().y),
                vec2(24.0, 24.0),
            );
            let name = format!("{} {} enabled", self.name, index + 1);
            let mut child = ui.new_child(UiBuilder::new().max_rect(at).id_salt((id, index, "on")));
            changed |= child.add(Check::new(enabled, &name)).changed();
        }
        let off = parts.enabled.as_deref() == Some(&false);
        changed |= ui
            .scope(|ui| {
                if off {
                    ui.multiply_opacity(0.6);
                }
                self.cells_ui(ui, place, id, index, &mut parts, false)
            })
            .inner;
        let at = Rect::from_center_size(
            pos2(place.right() - 18.0, place.center().y),
            vec2(24.0, 24.0),
        );
        let name = format!("Delete {} {}", self.name.to_lowercase(), index + 1);
        let mut child = ui.new_child(UiBuilder::new().max_rect(at).id_salt((id, index, "del")));
        let gone = child
            .add(IconButton::new(icon::TRASH, &name).small())
            .clicked();
        (changed, gone)
    }

    fn cells_ui(
        &self,
        ui: &mut Ui,
        place: Rect,
        id: Id,
        index: usize,
        parts: &mut PairParts<'_>,
        fresh: bool,
    ) -> bool {
        let left = if self.checks { 36.0 } else { 4.0 };
        let split = self.split(place);
        let problem = self.problems.iter().find(|(at, _)| *at == index);
        let (key_hint, value_hint) = if fresh { self.hints } else { ("", "") };
        let word = |what: &str| {
            if fresh {
                format!("{} new {what}", self.name)
            } else {
                format!("{} {what} {}", self.name, index + 1)
            }
        };
        let cell = |from: f32, to: f32| {
            Rect::from_min_max(pos2(from, place.top()), pos2(to, place.bottom() - 1.0))
        };
        let mut changed = false;
        for (what, at, text, hint, secret) in [
            (
                "key",
                cell(place.left() + left, split),
                &mut *parts.key,
                key_hint,
                false,
            ),
            (
                "value",
                cell(split, place.right() - 34.0),
                &mut *parts.value,
                value_hint,
                parts.secret,
            ),
        ] {
            let mut child = ui.new_child(UiBuilder::new().max_rect(at).id_salt((id, index, what)));
            let name = word(what);
            let field_id = id.with((index, what));
            let draw = |ui: &mut Ui, text: &mut String| {
                TextField::new(text, &name)
                    .id(field_id)
                    .hint(hint)
                    .code()
                    .bare()
                    .secret(secret)
                    .error(problem.is_some())
                    .height(at.height())
                    .show(ui)
            };
            let response = match self.templates {
                Some((variables, define)) => {
                    let (response, output) = aided(&mut child, field_id, text, variables, draw);
                    if output.define.is_some() {
                        *define.borrow_mut() = output.define;
                    }
                    response
                }
                None => draw(&mut child, text),
            };
            changed |= response.changed();
            if let Some((_, reason)) = problem {
                response.on_hover_text(reason);
            }
        }
        changed
    }
}

fn row_rect(table: Rect, index: usize) -> Rect {
    Rect::from_min_size(
        pos2(table.left(), table.top() + ROW * index as f32),
        vec2(table.width(), ROW),
    )
}
