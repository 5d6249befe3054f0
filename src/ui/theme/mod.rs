//! How everything looks: colours, fonts, sizes, spacing. No colour is made outside this folder.
//!
//! Call [`apply`] once at start; widgets then ask [`Tokens::of`] for the colours of the current theme
//! and take sizes from [`space`], [`radius`], [`size`] and [`font`].

#[cfg(test)]
mod contrast;
mod fonts;
pub mod icon;
mod style;
mod tokens;

pub use icon::Icon;
pub use tokens::{DARK, Fill, LIGHT, Lines, Surfaces, Syntax, Texts, Tokens, Tone};

use egui::{Color32, Context, Theme, ThemePreference, Ui};

/// Distances in points, multiples of 4 where they can be.
pub mod space {
    /// Between an icon and its word.
    pub const XS: f32 = 4.0;
    /// Between controls of one row.
    pub const S: f32 = 8.0;
    /// Between groups; the inner margin of panes.
    pub const M: f32 = 12.0;
    /// Between sections.
    pub const L: f32 = 16.0;
    /// Around what stands alone in a pane.
    pub const XL: f32 = 32.0;

    /// Room for the scroll bar beside what is scrolled; it would lie over the fields.
    pub const BESIDE_BAR: egui::Margin = egui::Margin {
        left: 0,
        right: 12,
        top: 0,
        bottom: 0,
    };
}

/// Corner radii in points.
pub mod radius {
    /// Badges.
    pub const S: u8 = 4;
    /// Controls, rows.
    pub const M: u8 = 6;
    /// Boxes, popups, cards.
    pub const L: u8 = 8;
    /// Chips, counts.
    pub const PILL: u8 = 255;
}

/// Heights in points.
pub mod size {
    /// A row of a tree.
    pub const ROW: f32 = 26.0;
    /// Buttons and fields in tool rows.
    pub const CONTROL: f32 = 30.0;
    /// Small buttons inside rows.
    pub const SMALL_CONTROL: f32 = 24.0;
    /// The address bar and its Send button.
    pub const BAR: f32 = 36.0;
    /// Rows of tabs.
    pub const TABS: f32 = 38.0;
    /// A line of code.
    pub const CODE_LINE: f32 = 20.0;
}

/// Fonts by use.
pub mod font {
    use egui::{FontFamily, FontId};

    /// Family of the semi-bold interface font.
    pub(crate) const STRONG: &str = "strong";

    /// Running text.
    pub fn body() -> FontId {
        FontId::new(13.0, FontFamily::Proportional)
    }

    /// Titles of tabs, names, buttons that act.
    pub fn strong() -> FontId {
        FontId::new(13.0, FontFamily::Name(STRONG.into()))
    }

    /// Titles of cards and panes.
    pub fn title() -> FontId {
        FontId::new(15.0, FontFamily::Name(STRONG.into()))
    }

    /// Types, times, counts.
    pub fn small() -> FontId {
        FontId::new(11.5, FontFamily::Proportional)
    }

    /// Badges, section names.
    pub fn small_strong() -> FontId {
        FontId::new(11.0, FontFamily::Name(STRONG.into()))
    }

    /// Values and JSON.
    pub fn code() -> FontId {
        FontId::new(13.0, FontFamily::Monospace)
    }

    /// Values in dense rows.
    pub fn small_code() -> FontId {
        FontId::new(12.0, FontFamily::Monospace)
    }
}

/// Which theme the person wants. Saved as [`name`](Self::name) in the window's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preference {
    /// As the system says; dark where it says nothing.
    #[default]
    System,
    /// Always dark.
    Dark,
    /// Always light.
    Light,
}

impl Preference {
    /// `dark`, `light` or empty.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// Reads a saved name; anything else is the system's.
    pub fn from_name(name: &str) -> Self {
        match name {
            "dark" => Self::Dark,
            "light" => Self::Light,
            _ => Self::System,
        }
    }
}

impl Tokens {
    /// The colours of the theme that a `Ui` is drawn in.
    pub fn of(ui: &Ui) -> &'static Self {
        Self::of_theme(ui.visuals().dark_mode)
    }

    /// The colours of the theme a context is in.
    pub fn of_ctx(ctx: &Context) -> &'static Self {
        Self::of_theme(ctx.theme() == Theme::Dark)
    }

    fn of_theme(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }
}

/// Sets fonts and styles of both themes. Once, before the first frame.
pub fn apply(ctx: &Context) {
    ctx.set_fonts(fonts::definitions());
    for (theme, tokens) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| style::fill_in(style, tokens));
    }
    ctx.options_mut(|options| options.fallback_theme = Theme::Dark);
}

/// Chooses the theme.
pub fn set_preference(ctx: &Context, preference: Preference) {
    ctx.set_theme(match preference {
        Preference::System => ThemePreference::System,
        Preference::Dark => ThemePreference::Dark,
        Preference::Light => ThemePreference::Light,
    });
}

/// A colour on its way to another; `t` from 0 to 1.
pub fn mix(from: Color32, to: Color32, t: f32) -> Color32 {
    if t <= 0.0 {
        from
    } else if t >= 1.0 {
        to
    } else {
        from.lerp_to_gamma(to, t)
    }
}

/// A fill that fades in from nothing.
pub fn fade(color: Color32, t: f32) -> Color32 {
    color.gamma_multiply(t.clamp(0.0, 1.0))
}
