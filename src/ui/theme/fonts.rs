//! The bundled fonts. Nothing is looked up on the system but glyphs these fonts do not have.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontTweak};

use super::{font, icon};

const INTER_MEDIUM: &[u8] = include_bytes!("../../../assets/fonts/Inter-Medium.otf");
const INTER_SEMI_BOLD: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");
const JETBRAINS_MONO: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");
/// Symbols that the text fonts lack, for messages people receive.
const SYMBOLS: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans-Symbols.ttf");
const PHOSPHOR: &[u8] = include_bytes!("../../../assets/icons/Phosphor.ttf");
const PHOSPHOR_FILL: &[u8] = include_bytes!("../../../assets/icons/Phosphor-Fill.ttf");

/// Families: proportional, strong, monospace, and one for each icon font.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    // Phosphor's glyphs hang a little below the middle of their line.
    let icons = FontTweak {
        y_offset_factor: -0.02,
        ..FontTweak::default()
    };
    for (name, bytes, tweak) in [
        ("inter", INTER_MEDIUM, FontTweak::default()),
        ("inter-semi-bold", INTER_SEMI_BOLD, FontTweak::default()),
        ("jetbrains-mono", JETBRAINS_MONO, FontTweak::default()),
        ("symbols", SYMBOLS, FontTweak::default()),
        (icon::REGULAR, PHOSPHOR, icons.clone()),
        (icon::FILLED, PHOSPHOR_FILL, icons),
    ] {
        fonts.font_data.insert(
            name.to_owned(),
            Arc::new(FontData::from_static(bytes).tweak(tweak)),
        );
    }
    for (family, names) in [
        (
            FontFamily::Proportional,
            ["inter", "jetbrains-mono", "symbols"],
        ),
        (
            FontFamily::Name(font::STRONG.into()),
            ["inter-semi-bold", "jetbrains-mono", "symbols"],
        ),
        (
            FontFamily::Monospace,
            ["jetbrains-mono", "inter", "symbols"],
        ),
    ] {
        fonts
            .families
            .insert(family, names.map(str::to_owned).to_vec());
    }
    for name in [icon::REGULAR, icon::FILLED] {
        fonts
            .families
            .insert(FontFamily::Name(name.into()), vec![name.to_owned()]);
    }
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, FontId, RawInput};

    #[test]
    fn every_icon_and_the_texts_we_write_have_glyphs() {
        let ctx = Context::default();
        ctx.set_fonts(definitions());
        let mut missing = Vec::new();
        let mut ran = false;
        let output = ctx.run_ui(RawInput::default(), |ui| {
            ran = true;
            ui.fonts_mut(|fonts| {
                for icon in icon::ALL {
                    if !fonts.has_glyphs(&icon.font(16.0), &icon.text()) {
                        missing.push(format!("{icon:?}"));
                    }
                }
                for family in [
                    FontFamily::Proportional,
                    FontFamily::Name(font::STRONG.into()),
                    FontFamily::Monospace,
                ] {
                    let font = FontId::new(13.0, family);
                    for text in [
                        "AZaz09{}[]…·–—→←↑↓×≥µ✓",
                        "ÄÖÜßçñøłž",
                        "αβγΩ",
                        "ЖЯжя",
                        "☕★☺",
                    ] {
                        if !fonts.has_glyphs(&font, text) {
                            missing.push(text.to_owned());
                        }
                    }
                }
            });
        });
        output.drop_without_applying_deltas();
        assert!(ran);
        assert!(missing.is_empty(), "no glyph for {missing:?}");
    }
}
