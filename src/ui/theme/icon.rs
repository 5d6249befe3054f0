//! Icons: Phosphor glyphs by name, in font families of their own.
//!
//! Inter and Phosphor both use the private area of Unicode, so icons never fall back into a text
//! family: always draw them through [`Icon`].

use egui::{Color32, FontFamily, FontId, RichText};

/// Family of the outlined icons.
pub(crate) const REGULAR: &str = "icons";
/// Family of the filled ones.
pub(crate) const FILLED: &str = "icons-fill";

/// One glyph of an icon font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icon {
    glyph: char,
    filled: bool,
}

impl Icon {
    const fn regular(glyph: char) -> Self {
        Self {
            glyph,
            filled: false,
        }
    }

    const fn filled(glyph: char) -> Self {
        Self {
            glyph,
            filled: true,
        }
    }

    /// The glyph as a text of the icon family.
    pub fn text(self) -> String {
        self.glyph.to_string()
    }

    /// The font of the glyph at a size in points.
    pub fn font(self, size: f32) -> FontId {
        let family = if self.filled { FILLED } else { REGULAR };
        FontId::new(size, FontFamily::Name(family.into()))
    }

    /// The glyph for a label.
    pub fn rich(self, size: f32, color: Color32) -> RichText {
        RichText::new(self.text())
            .font(self.font(size))
            .color(color)
    }
}

macro_rules! icons {
    ($($kind:ident $name:ident $glyph:literal;)*) => {
        $(#[allow(missing_docs, reason = "the names are Phosphor's")]
        pub const $name: Icon = Icon::$kind($glyph);)*

        #[cfg(test)]
        pub(crate) const ALL: &[Icon] = &[$($name),*];
    };
}

icons! {
    regular ARROW_CLOCKWISE '\u{e036}';
    regular ARROW_COUNTER_CLOCKWISE '\u{e038}';
    regular ARROW_DOWN '\u{e03e}';
    regular ARROW_FAT_LINES_RIGHT '\u{e528}';
    regular ARROW_LEFT '\u{e058}';
    regular ARROW_LINE_DOWN '\u{e05c}';
    regular ARROW_RIGHT '\u{e06c}';
    regular ARROW_U_UP_LEFT '\u{e08a}';
    regular ARROW_UP '\u{e08e}';
    regular ARROWS_CLOCKWISE '\u{e094}';
    regular ARROWS_IN_LINE_VERTICAL '\u{e532}';
    regular ARROWS_LEFT_RIGHT '\u{e0a0}';
    regular ARROWS_OUT_LINE_VERTICAL '\u{e536}';
    regular BELL '\u{e0ce}';
    regular BINARY '\u{ee60}';
    regular BOOK_OPEN '\u{e0e6}';
    regular BOOKMARK_SIMPLE '\u{e0ea}';
    regular BRACKETS_CURLY '\u{e860}';
    regular BROADCAST '\u{e0f2}';
    regular BROWSER '\u{e0f4}';
    regular BUG '\u{e5f4}';
    regular CALENDAR_BLANK '\u{e10a}';
    regular CARET_DOWN '\u{e136}';
    regular CARET_LEFT '\u{e138}';
    regular CARET_RIGHT '\u{e13a}';
    regular CARET_UP '\u{e13c}';
    regular CARET_UP_DOWN '\u{e140}';
    regular CERTIFICATE '\u{e766}';
    regular CHART_LINE '\u{e154}';
    regular CHECK '\u{e182}';
    regular CHECK_CIRCLE '\u{e184}';
    regular CIRCLE '\u{e18a}';
    regular CIRCLE_DASHED '\u{e602}';
    regular CIRCLE_NOTCH '\u{eb44}';
    regular CLIPBOARD '\u{e196}';
    regular CLIPBOARD_TEXT '\u{e198}';
    regular CLOCK '\u{e19a}';
    regular CLOCK_COUNTER_CLOCKWISE '\u{e1a0}';
    regular CODE '\u{e1bc}';
    regular COLUMNS '\u{e546}';
    regular COMMAND '\u{e1c4}';
    regular COPY '\u{e1ca}';
    regular COPY_SIMPLE '\u{e1cc}';
    regular CROSSHAIR_SIMPLE '\u{e1d8}';
    regular CUBE '\u{e1da}';
    regular DATABASE '\u{e1de}';
    regular DOTS_SIX_VERTICAL '\u{eae2}';
    regular DOTS_THREE '\u{e1fe}';
    regular DOTS_THREE_VERTICAL '\u{e208}';
    regular DOWNLOAD_SIMPLE '\u{e20c}';
    regular EXPORT '\u{eaf0}';
    regular EYE '\u{e220}';
    regular EYE_SLASH '\u{e224}';
    regular FILE '\u{e230}';
    regular FILE_CODE '\u{e914}';
    regular FILE_PLUS '\u{e236}';
    regular FILE_TEXT '\u{e23a}';
    regular FLASK '\u{e79e}';
    regular FLOPPY_DISK '\u{e248}';
    regular FOLDER '\u{e24a}';
    regular FOLDER_OPEN '\u{e256}';
    regular FOLDER_PLUS '\u{e258}';
    regular FUNNEL_SIMPLE '\u{e268}';
    regular GAUGE '\u{e628}';
    regular GEAR_SIX '\u{e272}';
    regular GLOBE '\u{e288}';
    regular HAND_PALM '\u{e57a}';
    regular HARD_DRIVES '\u{e2a0}';
    regular HASH '\u{e2a2}';
    regular HOURGLASS '\u{e2b2}';
    regular HOUSE '\u{e2c2}';
    regular INFO '\u{e2ce}';
    regular KEY '\u{e2d6}';
    regular KEYBOARD '\u{e2d8}';
    regular LIGHTNING '\u{e2de}';
    regular LINK '\u{e2e2}';
    regular LIST '\u{e2f0}';
    regular LIST_BULLETS '\u{e2f2}';
    regular LOCK_SIMPLE '\u{e308}';
    regular LOCK_SIMPLE_OPEN '\u{e30a}';
    regular MAGIC_WAND '\u{e6b6}';
    regular MAGNIFYING_GLASS '\u{e30c}';
    regular MINUS '\u{e32a}';
    regular MONITOR '\u{e32e}';
    regular MOON '\u{e330}';
    regular PACKAGE '\u{e390}';
    regular PAPER_PLANE_RIGHT '\u{e396}';
    regular PAUSE '\u{e39e}';
    regular PENCIL_SIMPLE '\u{e3b4}';
    regular PLAY '\u{e3d0}';
    regular PLUGS '\u{eb56}';
    regular PLUGS_CONNECTED '\u{eb5a}';
    regular PLUS '\u{e3d4}';
    regular PROHIBIT '\u{e3de}';
    regular PUSH_PIN '\u{e3e2}';
    regular QUESTION '\u{e3e8}';
    regular REPEAT '\u{e3f6}';
    regular ROWS '\u{e5a2}';
    regular SHIELD_CHECK '\u{e40c}';
    regular SHIELD_WARNING '\u{e412}';
    regular SIDEBAR_SIMPLE '\u{ec24}';
    regular SIGN_OUT '\u{e42a}';
    regular SKIP_FORWARD '\u{e5a6}';
    regular SLIDERS_HORIZONTAL '\u{e434}';
    regular STACK '\u{e466}';
    regular STOP '\u{e46c}';
    regular SUN '\u{e472}';
    regular TAG '\u{e478}';
    regular TERMINAL_WINDOW '\u{eae8}';
    regular TEXT_ALIGN_LEFT '\u{e484}';
    regular TEXT_T '\u{e48a}';
    regular TEXTBOX '\u{eb0a}';
    regular TIMER '\u{e492}';
    regular TRASH '\u{e4a6}';
    regular TRAY '\u{e4aa}';
    regular TREE_STRUCTURE '\u{e67c}';
    regular UPLOAD_SIMPLE '\u{e4c0}';
    regular USER '\u{e4c2}';
    regular WARNING '\u{e4e0}';
    regular WARNING_CIRCLE '\u{e4e2}';
    regular WIFI_SLASH '\u{e4f2}';
    regular X '\u{e4f6}';
    regular X_CIRCLE '\u{e4f8}';
    filled CHECK_FILL '\u{e182}';
    filled CHECK_CIRCLE_FILL '\u{e184}';
    filled CIRCLE_FILL '\u{e18a}';
    filled FOLDER_FILL '\u{e24a}';
    filled INFO_FILL '\u{e2ce}';
    filled LIGHTNING_FILL '\u{e2de}';
    filled PAPER_PLANE_RIGHT_FILL '\u{e396}';
    filled PAUSE_FILL '\u{e39e}';
    filled PLAY_FILL '\u{e3d0}';
    filled PUSH_PIN_FILL '\u{e3e2}';
    filled STAR_FILL '\u{e46a}';
    filled STOP_FILL '\u{e46c}';
    filled WARNING_FILL '\u{e4e0}';
    filled WARNING_CIRCLE_FILL '\u{e4e2}';
    filled X_CIRCLE_FILL '\u{e4f8}';
}
