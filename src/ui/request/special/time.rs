//! The editor of a Timestamp: its text, a calendar with a clock, and "now".

use egui::{Id, Ui};
use stubless_core::message::known::{Clock, Moment, Shift, Zone};

use super::{is_template, leaving, popup::popup, string_ui};
use crate::ui::{
    request::{
        edit::Edit,
        editors::{CONTROL, Cell},
        state::BodyState,
        value,
    },
    theme::{Tokens, font, icon, space},
    widgets::{
        ButtonStyle, CALENDAR_WIDTH, Calendar, IconButton, PushButton, Segmented, TextField,
        prose_with,
    },
};

/// A clock as it is being typed.
#[derive(Debug, Clone)]
struct Typed {
    text: String,
    /// The value it was typed over, when it does not fit.
    over: Option<String>,
}

/// Steps that are one press away.
const STEPS: [(&str, &str, Shift); 4] = [
    ("−1 d", "One day earlier", Shift::Days(-1)),
    ("−1 h", "One hour earlier", Shift::Seconds(-3_600)),
    ("+1 h", "One hour later", Shift::Seconds(3_600)),
    ("+1 d", "One day later", Shift::Days(1)),
];

pub(super) fn timestamp_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let mut child = leaving(ui, cell.id.with("time"), 52.0 + CONTROL + 4.0);
    let (response, edit) = string_ui(&mut child, cell, "2026-01-31T12:00:00Z", state);
    let moment = Moment::parse(&row.value);
    if let Some(moment) = &moment {
        response.on_hover_ui(|ui| {
            ui.label(told(moment));
        });
    }
    let name = format!("Pick time for {}", cell.name);
    let button = IconButton::new(icon::CALENDAR_BLANK, &name).side(CONTROL);
    let button = ui.add(button.tooltip("Calendar and clock"));
    state.note_focus(&button, &row.path);
    let picker = TimePicker {
        id: button.id.with("clock"),
        text: &row.value,
        moment,
    };
    let local = &mut state.special.local_time;
    let picked = popup(&button, CALENDAR_WIDTH, |ui| picker.show(ui, local)).flatten();
    let now = format!("Now for {}", cell.name);
    let now = PushButton::new("Now")
        .style(ButtonStyle::Quiet)
        .height(CONTROL)
        .tooltip("The time it is now, to the second")
        .name(&now);
    let now = ui.add(now);
    state.note_focus(&now, &row.path);
    let chosen = now.clicked().then(Moment::now).or(picked);
    chosen
        .map(|moment| {
            let json = value::json_string(&moment.to_string());
            Edit::Set(row.path.clone(), json)
        })
        .or(edit)
}

/// A moment as a tooltip tells it: how far away, and by the clocks here.
fn told(moment: &Moment) -> String {
    let zone = Zone::local();
    let (date, clock) = moment.shown(&zone);
    let offset = zone.offset_at(moment);
    let words = moment.relative(&Moment::now());
    format!("{words}\nHere: {date} {clock} ({offset})")
}

/// What opens below the field.
struct TimePicker<'a> {
    id: Id,
    /// As it stands in the document.
    text: &'a str,
    /// What that is, if it is a time.
    moment: Option<Moment>,
}

impl TimePicker<'_> {
    /// Gives the moment that was chosen.
    fn show(&self, ui: &mut Ui, local: &mut bool) -> Option<Moment> {
        let zone = if *local { Zone::local() } else { Zone::Utc };
        let now = Moment::now();
        let (date, clock) = match &self.moment {
            Some(moment) => {
                let (date, clock) = moment.shown(&zone);
                (Some(date), clock)
            }
            None => (None, Clock::MIDNIGHT),
        };
        let (today, _) = now.shown(&zone);
        let at = |day, clock| Moment::at(day, clock, &zone);
        let day = Calendar::new("Day", date, today).show(ui);
        let mut picked = day.and_then(|day| at(day, clock));

        ui.add_space(space::S);
        let typed = self.clock_ui(ui, clock, local);
        picked = picked.or(typed.and_then(|clock| at(date.unwrap_or(today), clock)));
        ui.add_space(space::S);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for (word, name, shift) in STEPS {
                let from = self.moment.unwrap_or(now);
                let to = from.shifted(shift, &zone);
                let button = PushButton::new(word).height(CONTROL).name(name);
                if ui.add_enabled(to.is_some(), button).clicked() {
                    picked = to;
                }
            }
            let midnight = at(date.unwrap_or(today), Clock::MIDNIGHT);
            let button = PushButton::new("0:00")
                .height(CONTROL)
                .name("Start of the day");
            if ui.add_enabled(midnight.is_some(), button).clicked() {
                picked = midnight;
            }
        });
        ui.add_space(space::XS);
        self.foot(ui, &now);
        picked
    }

    /// The time of day and the zone it is told in; gives a clock that was typed.
    fn clock_ui(&self, ui: &mut Ui, clock: Clock, local: &mut bool) -> Option<Clock> {
        let typed: Option<Typed> = ui.data(|data| data.get_temp(self.id));
        // What fits is in the document, and stays as typed only as long as it is being typed.
        let typed = typed.filter(|typed| match &typed.over {
            Some(over) => over == self.text,
            None => ui.memory(|memory| memory.has_focus(self.field_id())),
        });
        let mut text = typed.map_or_else(|| clock.to_string(), |typed| typed.text);
        let wrong = Clock::parse(&text).err();
        let mut read = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let parts = [(false, None, "UTC"), (true, None, "Local")];
            let zones = Segmented::new("Clock of", &parts);
            let width = CALENDAR_WIDTH - zones.width(ui) - space::XS;
            let response = TextField::new(&mut text, "Time of day")
                .id(self.field_id())
                .code()
                .error(wrong.is_some())
                .width(width)
                .height(28.0)
                .show(ui);
            if response.changed() {
                read = Clock::parse(&text).ok();
                let over = read.is_none().then(|| self.text.to_owned());
                let typed = Typed { text, over };
                ui.data_mut(|data| data.insert_temp(self.id, typed));
            }
            response.on_hover_text("Hours, minutes, seconds and up to nine decimals");
            zones.show(ui, local);
        });
        if let Some(wrong) = wrong {
            let tokens = Tokens::of(ui);
            prose_with(ui, wrong, &font::small(), tokens.bad.text);
        }
        read
    }

    fn field_id(&self) -> Id {
        self.id.with("field")
    }

    /// How far away the moment is, or why there is none.
    fn foot(&self, ui: &mut Ui, now: &Moment) {
        let tokens = Tokens::of(ui);
        let (text, color) = match &self.moment {
            Some(moment) => (moment.relative(now), tokens.text.weak),
            None if self.text.is_empty() => ("Not set".to_owned(), tokens.text.faint),
            None if is_template(self.text) => {
                let text = "A template stands here: what is chosen takes its place";
                (text.to_owned(), tokens.warn.text)
            }
            None => {
                let text = "The text is no time yet: what is chosen takes its place";
                (text.to_owned(), tokens.warn.text)
            }
        };
        prose_with(ui, &text, &font::small(), color);
    }
}
