//! The two sets of colours, and how each colour may be used.
//!
//! Every text colour reads on every surface of its set with a contrast of at least 4.5 (WCAG AA);
//! a tone's text reads on its own soft fill. `contrast.rs` computes this for all pairs.

use egui::Color32;

/// Backgrounds, from the farthest to the nearest.
#[derive(Debug, Clone, Copy)]
pub struct Surfaces {
    /// Title bar, rail, status bar.
    pub window: Color32,
    /// Side panels.
    pub side: Color32,
    /// Where things are typed and read: fields, editors, tables.
    pub well: Color32,
    /// The working area.
    pub pane: Color32,
    /// Buttons and raised boxes.
    pub raised: Color32,
    /// Under the pointer.
    pub hover: Color32,
    /// A selected row.
    pub selected: Color32,
    /// Popups, menus, tooltips.
    pub popup: Color32,
}

/// Lines; none of them carries text.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    /// Between panes and rows.
    pub weak: Color32,
    /// Around controls.
    pub strong: Color32,
    /// Around what has the keyboard.
    pub focus: Color32,
}

/// Text, from what is read first to what is read last.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// Titles, the selected thing.
    pub strong: Color32,
    /// Running text.
    pub normal: Color32,
    /// Labels, icons at rest.
    pub weak: Color32,
    /// Hints, line numbers, times.
    pub faint: Color32,
    /// On an accent or danger fill.
    pub on_fill: Color32,
}

/// Fills of the buttons that act.
#[derive(Debug, Clone, Copy)]
pub struct Fill {
    /// At rest.
    pub rest: Color32,
    /// Under the pointer.
    pub hover: Color32,
    /// Held down.
    pub pressed: Color32,
}

/// A meaning: its text, a soft fill to stand on, a line around that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tone {
    /// Text and icons, on any surface and on `soft`.
    pub text: Color32,
    /// Fill of a badge or chip.
    pub soft: Color32,
    /// Line around it.
    pub line: Color32,
}

/// Colours of JSON.
#[derive(Debug, Clone, Copy)]
pub struct Syntax {
    /// Member names.
    pub key: Color32,
    /// Strings.
    pub string: Color32,
    /// Numbers.
    pub number: Color32,
    /// `true`, `false`, `null`.
    pub keyword: Color32,
    /// Brackets, commas, colons.
    pub punctuation: Color32,
    /// `{{ … }}`.
    pub template: Color32,
    /// Comments.
    pub comment: Color32,
}

/// All colours of one theme.
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    /// Whether this is the dark set.
    pub dark: bool,
    /// Backgrounds.
    pub surface: Surfaces,
    /// Lines.
    pub line: Lines,
    /// Text.
    pub text: Texts,
    /// Primary action.
    pub accent_fill: Fill,
    /// Cancel, delete.
    pub danger_fill: Fill,
    /// Selection, links, what is current.
    pub accent: Tone,
    /// Nothing in particular.
    pub neutral: Tone,
    /// OK.
    pub good: Tone,
    /// Needs a look.
    pub warn: Tone,
    /// Failed.
    pub bad: Tone,
    /// Worth knowing; sent.
    pub info: Tone,
    /// Both directions.
    pub purple: Tone,
    /// Client streams.
    pub orange: Tone,
    /// JSON.
    pub syntax: Syntax,
    /// Behind selected text.
    pub text_selection: Color32,
    /// Shadows of popups and the primary button.
    pub shadow: Color32,
    /// Over the window behind a dialog.
    pub scrim: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

const fn tone(text: u32, soft: u32, line: u32) -> Tone {
    Tone {
        text: rgb(text),
        soft: rgb(soft),
        line: rgb(line),
    }
}

const fn fill(rest: u32, hover: u32, pressed: u32) -> Fill {
    Fill {
        rest: rgb(rest),
        hover: rgb(hover),
        pressed: rgb(pressed),
    }
}

/// Light on dark.
pub static DARK: Tokens = Tokens {
    dark: true,
    surface: Surfaces {
        window: rgb(0x0d_0f13),
        side: rgb(0x12_151a),
        well: rgb(0x12_151a),
        pane: rgb(0x17_1b21),
        raised: rgb(0x1d_2229),
        hover: rgb(0x25_2b34),
        selected: rgb(0x1f_2647),
        popup: rgb(0x1b_1f26),
    },
    line: Lines {
        weak: rgb(0x23_2932),
        strong: rgb(0x32_3a46),
        focus: rgb(0x7b_89ff),
    },
    text: Texts {
        strong: rgb(0xf0_f2f5),
        normal: rgb(0xc6_ccd5),
        weak: rgb(0xa0_a9b7),
        faint: rgb(0x96_9fad),
        on_fill: rgb(0xff_ffff),
    },
    accent_fill: fill(0x4f_5ff0, 0x57_67f2, 0x41_50d8),
    danger_fill: fill(0xc0_3541, 0xc7_3c48, 0xa6_2a36),
    accent: tone(0x9b_a6ff, 0x20_2748, 0x3a_4585),
    neutral: tone(0xa0_a9b7, 0x21_2730, 0x32_3a46),
    good: tone(0x4c_c38a, 0x14_291f, 0x23_513b),
    warn: tone(0xe5_a64b, 0x2e_2413, 0x5c_4722),
    bad: tone(0xff_8080, 0x34_1b1f, 0x69_3138),
    info: tone(0x6c_b6ff, 0x14_283d, 0x24_4b74),
    purple: tone(0xc3_9bff, 0x2a_1f3d, 0x4d_3a72),
    orange: tone(0xf0_a070, 0x35_231a, 0x65_432f),
    syntax: Syntax {
        key: rgb(0x8f_c0ff),
        string: rgb(0x9f_d89a),
        number: rgb(0xf2_a36b),
        keyword: rgb(0xc9_a2ff),
        punctuation: rgb(0x98_a1b0),
        template: rgb(0x9b_a6ff),
        comment: rgb(0x96_9fad),
    },
    text_selection: rgb(0x25_2f62),
    shadow: Color32::from_black_alpha(120),
    scrim: Color32::from_black_alpha(140),
};

/// Dark on light.
pub static LIGHT: Tokens = Tokens {
    dark: false,
    surface: Surfaces {
        window: rgb(0xe8_eaef),
        side: rgb(0xf2_f3f6),
        well: rgb(0xff_ffff),
        pane: rgb(0xf7_f8fa),
        raised: rgb(0xff_ffff),
        hover: rgb(0xe4_e7ed),
        selected: rgb(0xdf_e4ff),
        popup: rgb(0xff_ffff),
    },
    line: Lines {
        weak: rgb(0xdc_e0e7),
        strong: rgb(0xc3_c9d4),
        focus: rgb(0x4f_5ff0),
    },
    text: Texts {
        strong: rgb(0x14_171c),
        normal: rgb(0x2f_3641),
        weak: rgb(0x4d_5665),
        faint: rgb(0x5a_6372),
        on_fill: rgb(0xff_ffff),
    },
    accent_fill: fill(0x4f_5ff0, 0x43_52e0, 0x38_46c4),
    danger_fill: fill(0xb3_202e, 0xa0_1b28, 0x8c_1722),
    accent: tone(0x3a_48d0, 0xe0_e4ff, 0xb4_bdf8),
    neutral: tone(0x4d_5665, 0xe9_ecf1, 0xcf_d5de),
    good: tone(0x0f_6b43, 0xd9_f2e4, 0xa5_d9bf),
    warn: tone(0x7d_5000, 0xfb_eccb, 0xe8_cb8a),
    bad: tone(0xb3_202e, 0xfd_e2e3, 0xf3_b4b7),
    info: tone(0x0d_5aa7, 0xdc_ecfb, 0xa9_cef0),
    purple: tone(0x6d_35b8, 0xec_e2fa, 0xd0_b8ef),
    orange: tone(0x9a_4310, 0xfb_e6d8, 0xee_c0a2),
    syntax: Syntax {
        key: rgb(0x0b_5394),
        string: rgb(0x1b_6b32),
        number: rgb(0x9a_4310),
        keyword: rgb(0x70_30b0),
        punctuation: rgb(0x4d_5665),
        template: rgb(0x3a_48d0),
        comment: rgb(0x5a_6372),
    },
    text_selection: rgb(0xd6_ddff),
    shadow: Color32::from_black_alpha(40),
    scrim: Color32::from_black_alpha(70),
};
