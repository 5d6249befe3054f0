//! The contrast of every pair of text and background that the window uses (WCAG 2.1, 1.4.3).

use egui::Color32;

use super::tokens::{DARK, LIGHT, Tokens};

/// WCAG AA for text of normal size.
const AA: f64 = 4.5;

fn luminance(color: Color32) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
}

fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Names, text and background of every pair in use.
fn pairs(t: &Tokens) -> Vec<(String, Color32, Color32)> {
    let surfaces = [
        ("window", t.surface.window),
        ("side", t.surface.side),
        ("well", t.surface.well),
        ("pane", t.surface.pane),
        ("raised", t.surface.raised),
        ("hover", t.surface.hover),
        ("selected", t.surface.selected),
        ("popup", t.surface.popup),
    ];
    let texts = [
        ("strong", t.text.strong),
        ("normal", t.text.normal),
        ("weak", t.text.weak),
        ("faint", t.text.faint),
        ("key", t.syntax.key),
        ("string", t.syntax.string),
        ("number", t.syntax.number),
        ("keyword", t.syntax.keyword),
        ("punctuation", t.syntax.punctuation),
        ("template", t.syntax.template),
        ("comment", t.syntax.comment),
    ];
    let tones = [
        ("accent", t.accent),
        ("neutral", t.neutral),
        ("good", t.good),
        ("warn", t.warn),
        ("bad", t.bad),
        ("info", t.info),
        ("purple", t.purple),
        ("orange", t.orange),
    ];
    let mut pairs = Vec::new();
    for (surface, background) in surfaces {
        for (text, color) in texts {
            pairs.push((format!("{text} on {surface}"), color, background));
        }
        for (name, tone) in tones {
            pairs.push((format!("{name} on {surface}"), tone.text, background));
        }
    }
    for (name, tone) in tones {
        pairs.push((format!("{name} on its soft"), tone.text, tone.soft));
        pairs.push((format!("strong on {name} soft"), t.text.strong, tone.soft));
        pairs.push((format!("normal on {name} soft"), t.text.normal, tone.soft));
    }
    for (name, fill) in [("accent", t.accent_fill), ("danger", t.danger_fill)] {
        pairs.push((format!("on {name} fill"), t.text.on_fill, fill.rest));
        pairs.push((format!("on {name} hover"), t.text.on_fill, fill.hover));
        pairs.push((format!("on {name} pressed"), t.text.on_fill, fill.pressed));
    }
    for (text, color) in texts {
        pairs.push((format!("{text} on selected text"), color, t.text_selection));
    }
    pairs
}

#[test]
fn every_text_reads_on_every_background_it_stands_on() {
    for (theme, tokens) in [("dark", &DARK), ("light", &LIGHT)] {
        for (name, text, background) in pairs(tokens) {
            let ratio = contrast(text, background);
            assert!(ratio >= AA, "{theme}: {name} has {ratio:.2}");
        }
    }
}

#[test]
fn contrast_is_the_one_of_the_specification() {
    assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 1e-9);
    assert!((contrast(Color32::WHITE, Color32::WHITE) - 1.0).abs() < 1e-9);
}
