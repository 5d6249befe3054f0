//! Which colour each kind of bar has, and the legend of those that are there.

use egui::{Color32, Rect, Sense, Ui, vec2};
use stubless_core::grpc::{BarKind, FrameDirection, StepEnd, StepKind, Timeline, Weight};

use crate::ui::{
    theme::{Tokens, Tone, font, space},
    widgets::{elided, line_text},
};

/// A colour with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hue {
    Lookup,
    Connect,
    Proxy,
    Tls,
    Settings,
    Sent,
    Server,
    Received,
    Waits,
    Other,
    Trouble,
}

impl Hue {
    pub(super) fn of(kind: BarKind) -> Self {
        match kind {
            BarKind::Step(_, StepEnd::Failed | StepEnd::TimedOut) => Self::Trouble,
            BarKind::Step(kind, StepEnd::Done | StepEnd::Unfinished) => match kind {
                StepKind::Resolve => Self::Lookup,
                StepKind::Connect => Self::Connect,
                StepKind::Proxy => Self::Proxy,
                StepKind::Tls => Self::Tls,
                StepKind::Settings => Self::Settings,
            },
            BarKind::RequestHead | BarKind::RequestData | BarKind::HalfClose => Self::Sent,
            BarKind::ServerTime => Self::Server,
            BarKind::Informational
            | BarKind::ResponseHead
            | BarKind::ResponseData
            | BarKind::Trailers
            | BarKind::TrailersOnly => Self::Received,
            BarKind::Attempt(_) | BarKind::Reset(_) | BarKind::GoAway(_) => Self::Trouble,
            BarKind::Wait(_) => Self::Waits,
            BarKind::WindowUpdate(direction)
            | BarKind::Settings(direction)
            | BarKind::Ping(direction)
            | BarKind::Other(direction) => match direction {
                FrameDirection::Sent | FrameDirection::Received => Self::Other,
            },
        }
    }

    pub(super) fn tone(self, tokens: &Tokens) -> Tone {
        match self {
            Self::Lookup => tokens.purple,
            Self::Connect => tokens.accent,
            Self::Proxy | Self::Waits => tokens.warn,
            Self::Tls => tokens.orange,
            Self::Sent => tokens.info,
            Self::Settings | Self::Server | Self::Other => tokens.neutral,
            Self::Received => tokens.good,
            Self::Trouble => tokens.bad,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Lookup => "Name lookup",
            Self::Connect => "TCP connect",
            Self::Proxy => "Proxy",
            Self::Tls => "TLS",
            Self::Settings => "SETTINGS",
            Self::Sent => "Sent",
            Self::Server => "Wait for the server",
            Self::Received => "Received",
            Self::Waits => "Window used up",
            Self::Other => "Other frames",
            Self::Trouble => "Failed, reset, going away",
        }
    }
}

/// The colour of a sentence's mark.
pub(super) fn weight_color(weight: Weight, tokens: &Tokens) -> Color32 {
    match weight {
        Weight::Plain => tokens.text.faint,
        Weight::Good => tokens.good.text,
        Weight::Slow => tokens.warn.text,
        Weight::Bad => tokens.bad.text,
    }
}

/// The colours that a timeline uses, in order.
pub(super) fn hues(timeline: &Timeline) -> Vec<Hue> {
    let mut hues: Vec<_> = timeline.bars.iter().map(|bar| Hue::of(bar.kind)).collect();
    hues.sort_unstable();
    hues.dedup();
    hues
}

/// Names the colours, in one row or more.
pub(super) fn legend_ui(ui: &mut Ui, hues: &[Hue]) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::L, 0.0);
        ui.add_space(4.0);
        for hue in hues {
            let name = elided(ui, hue.name(), font::small(), tokens.text.weak, 200.0);
            let size = vec2(14.0 + name.size().x, 18.0);
            let (row, _) = ui.allocate_exact_size(size, Sense::hover());
            let dot = Rect::from_center_size(row.left_center() + vec2(4.0, 0.0), vec2(8.0, 8.0));
            ui.painter()
                .rect_filled(dot, egui::CornerRadius::same(2), hue.tone(tokens).text);
            line_text(ui, row.left() + 14.0, row.center().y, name);
        }
    });
}
