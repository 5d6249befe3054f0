//! A month of days to choose from, by mouse or by keyboard.

use egui::{
    Align2, CornerRadius, EventFilter, Id, Key, Rect, Response, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};
use jiff::{Span, civil::Date};

use super::{IconButton, TextField, elided, focus_ring, hover_fade, line_text};
use crate::ui::theme::{Tokens, fade, font, icon, radius, space};

/// Width of the calendar in points.
pub const CALENDAR_WIDTH: f32 = 7.0 * DAY.x;
const DAY: egui::Vec2 = vec2(38.0, 27.0);
const WEEKS: usize = 6;
const YEARS: std::ops::RangeInclusive<i16> = 1..=9999;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A calendar of the years 1 to 9999. It keeps nothing but the month that is shown.
#[derive(Debug)]
pub struct Calendar<'a> {
    name: &'a str,
    chosen: Option<Date>,
    today: Date,
}

/// What is in view, while the calendar is.
#[derive(Debug, Clone)]
struct View {
    /// The day that has the keyboard, or would; its month is shown.
    at: Date,
    /// The chosen day that the view began with.
    began: Option<Date>,
    /// A year that is being typed.
    year: Option<String>,
}

/// `31 January 2026`.
fn spoken(day: Date) -> String {
    format!("{} {} {:04}", day.day(), month_name(day), day.year())
}

fn month_name(day: Date) -> &'static str {
    let month = usize::try_from(day.month()).unwrap_or(1);
    MONTHS.get(month.saturating_sub(1)).copied().unwrap_or("")
}

impl<'a> Calendar<'a> {
    /// A calendar that shows the month of the chosen day, or of today.
    pub fn new(name: &'a str, chosen: Option<Date>, today: Date) -> Self {
        Self {
            name,
            chosen,
            today,
        }
    }

    /// Draws it; gives the day that was chosen.
    pub fn show(self, ui: &mut Ui) -> Option<Date> {
        let id = ui.make_persistent_id(("calendar", self.name));
        let known: Option<View> = ui.data(|data| data.get_temp(id));
        let mut view = known
            .filter(|view| view.began == self.chosen)
            .unwrap_or_else(|| View {
                at: self.chosen.unwrap_or(self.today),
                began: self.chosen,
                year: None,
            });
        self.head(ui, &mut view, id);
        ui.add_space(space::XS);
        let chosen = self.days(ui, &mut view, id);
        ui.data_mut(|data| data.insert_temp(id, view));
        chosen
    }

    /// The month, the year, and the way to others.
    fn head(&self, ui: &mut Ui, view: &mut View, id: Id) {
        let tokens = Tokens::of(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(CALENDAR_WIDTH, 28.0), Sense::hover());
        let y = rect.center().y;
        let square = |x: f32| Rect::from_center_size(pos2(x, y), egui::Vec2::splat(26.0));
        let back = IconButton::new(icon::CARET_LEFT, "Previous month").side(26.0);
        let on = IconButton::new(icon::CARET_RIGHT, "Next month").side(26.0);
        if ui.place(square(rect.left() + 13.0), back).clicked() {
            step(view, Span::new().months(-1));
        }
        let month = month_name(view.at);
        let galley = elided(ui, month, font::strong(), tokens.text.strong, 110.0);
        let left = rect.center().x - (galley.size().x + 8.0 + 54.0) / 2.0;
        let end = line_text(ui, left, y, galley);
        let place = Rect::from_min_size(pos2(end + 8.0, y - 13.0), vec2(54.0, 26.0));
        self.year(ui, place, view, id);
        if ui.place(square(rect.right() - 13.0), on).clicked() {
            step(view, Span::new().months(1));
        }
    }

    fn year(&self, ui: &mut Ui, place: Rect, view: &mut View, id: Id) {
        let shown = format!("{:04}", view.at.year());
        let mut text = view.year.clone().unwrap_or(shown);
        let year = text.trim().parse().ok().filter(|year| YEARS.contains(year));
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(place).scope_id(id));
        let response = TextField::new(&mut text, "Year")
            .id(id.with("year"))
            .code()
            .error(year.is_none())
            .select_all(true)
            .height(26.0)
            .show(&mut child);
        if response.changed() {
            let year = text.trim().parse().ok();
            if let Some(year) = year.filter(|year| YEARS.contains(year)) {
                let first = Date::new(year, view.at.month(), 1).ok();
                let last = first.map_or(28, Date::days_in_month);
                let day = view.at.day().min(last);
                view.at = Date::new(year, view.at.month(), day).unwrap_or(view.at);
            }
            view.year = Some(text);
        }
        if response.lost_focus() {
            view.year = None;
        }
        response.on_hover_text("From 1 to 9999");
    }

    fn days(&self, ui: &mut Ui, view: &mut View, id: Id) -> Option<Date> {
        let tokens = Tokens::of(ui);
        let height = 18.0 + DAY.y * WEEKS as f32;
        let (rect, _) = ui.allocate_exact_size(vec2(CALENDAR_WIDTH, height), Sense::hover());
        for (column, word) in ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
            .iter()
            .enumerate()
        {
            let x = rect.left() + (column as f32 + 0.5) * DAY.x;
            ui.painter().text(
                pos2(x, rect.top() + 8.0),
                Align2::CENTER_CENTER,
                word,
                font::small(),
                tokens.text.faint,
            );
        }
        let first = view.at.first_of_month();
        let before = i64::from(first.weekday().to_monday_zero_offset());
        let mut chosen = None;
        for cell in 0..WEEKS * 7 {
            let offset = i64::try_from(cell).unwrap_or(0) - before;
            let Ok(day) = first.checked_add(Span::new().days(offset)) else {
                continue;
            };
            if !YEARS.contains(&day.year()) {
                continue;
            }
            let corner = pos2(
                rect.left() + (cell % 7) as f32 * DAY.x,
                rect.top() + 18.0 + (cell / 7) as f32 * DAY.y,
            );
            let place = Rect::from_min_size(corner, DAY).shrink(1.0);
            if self.day(ui, place, day, view, id).clicked() {
                chosen = Some(day);
            }
        }
        if let Some(day) = chosen {
            view.at = day;
            // The month in view stays the one of the day that was chosen.
            view.began = Some(day);
        }
        self.keys(ui, view, id);
        chosen
    }

    fn day(&self, ui: &Ui, place: Rect, day: Date, view: &View, id: Id) -> Response {
        let tokens = Tokens::of(ui);
        // One day is on the way of Tab; arrows lead to the others.
        let sense = if day == view.at {
            Sense::click()
        } else {
            Sense::CLICK
        };
        let response = ui.interact(place, id.with(day), sense);
        let chosen = self.chosen == Some(day);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, spoken(day)));
        let corner = CornerRadius::same(radius::M);
        let t = hover_fade(ui, &response);
        let color = if chosen {
            ui.painter()
                .rect_filled(place, corner, tokens.accent_fill.rest);
            tokens.text.on_fill
        } else {
            ui.painter()
                .rect_filled(place, corner, fade(tokens.surface.hover, t));
            if day.month() == view.at.month() {
                tokens.text.normal
            } else {
                tokens.text.faint
            }
        };
        if day == self.today && !chosen {
            let line = Stroke::new(1.0, tokens.accent.line);
            ui.painter()
                .rect_stroke(place, corner, line, StrokeKind::Inside);
        }
        ui.painter().text(
            place.center(),
            Align2::CENTER_CENTER,
            day.day().to_string(),
            font::body(),
            color,
        );
        focus_ring(ui, &response, place, radius::M);
        response
    }

    /// Arrows go by days and weeks, Page Up and Page Down by months.
    fn keys(&self, ui: &Ui, view: &mut View, id: Id) {
        let focused = id.with(view.at);
        if !ui.memory(|memory| memory.has_focus(focused)) {
            return;
        }
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(focused, filter));
        for (key, span) in [
            (Key::ArrowLeft, Span::new().days(-1)),
            (Key::ArrowRight, Span::new().days(1)),
            (Key::ArrowUp, Span::new().days(-7)),
            (Key::ArrowDown, Span::new().days(7)),
            (Key::PageUp, Span::new().months(-1)),
            (Key::PageDown, Span::new().months(1)),
        ] {
            if ui.input(|input| input.key_pressed(key)) {
                step(view, span);
            }
        }
        let now = id.with(view.at);
        if now != focused {
            ui.memory_mut(|memory| memory.request_focus(now));
        }
    }
}

/// Goes to another day, as far as there are years.
fn step(view: &mut View, by: Span) {
    view.year = None;
    if let Ok(day) = view.at.checked_add(by)
        && YEARS.contains(&day.year())
    {
        view.at = day;
    }
}
