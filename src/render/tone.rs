//! Colours of surfaces, states and brands. Mail, pages and header share them, so one test checks
//! every pair (WCAG 2.2 level AA).

use serde::Serialize;

use super::color::{Color, SHAPE_CONTRAST, TEXT_CONTRAST};
use crate::domain::quota::State;

/// The surfaces of the light or the dark scheme.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Surface {
    /// Behind everything.
    pub(crate) page: Color,
    /// Behind the text.
    pub(crate) card: Color,
    /// Behind what stands out a little: a line's card, the contacts.
    pub(crate) inset: Color,
    /// Lines between; decoration only.
    pub(crate) border: Color,
    /// What a usage bar runs on.
    pub(crate) track: Color,
    /// Text.
    pub(crate) ink: Color,
    /// Less important text.
    pub(crate) muted: Color,
}

const fn hex(rgb: u32) -> Color {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Color::rgb(red, green, blue)
}

/// The light scheme.
pub(crate) const LIGHT: Surface = Surface {
    page: hex(0xf2_f4f7),
    card: Color::WHITE,
    inset: hex(0xf8_f9fb),
    border: hex(0xe1_e6ed),
    track: hex(0xe4_e8ee),
    ink: hex(0x17_202b),
    muted: hex(0x55_606e),
};

/// The dark scheme.
pub(crate) const DARK: Surface = Surface {
    page: hex(0x0e_1218),
    card: hex(0x17_1d26),
    inset: hex(0x1e_2530),
    border: hex(0x2f_3947),
    track: hex(0x33_3d4b),
    ink: hex(0xe8_ecf2),
    muted: hex(0xa6_b0bd),
};

/// The colours of a state in one scheme.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Tone {
    /// Its label's text.
    pub(crate) ink: Color,
    /// Behind the label.
    pub(crate) tint: Color,
    /// The filled part of the bar.
    pub(crate) bar: Color,
}

const fn tone(ink: u32, tint: u32, bar: u32) -> Tone {
    Tone {
        ink: hex(ink),
        tint: hex(tint),
        bar: hex(bar),
    }
}

/// The colours of `state` on [`LIGHT`].
pub(crate) const fn light(state: State) -> Tone {
    match state {
        State::Unlimited => tone(0x4b_5563, 0xe9_edf2, 0x7b_8794),
        State::Ok => tone(0x0b_6140, 0xe3_f5ec, 0x16_845a),
        State::Soon => tone(0x80_4400, 0xff_f0d6, 0xc8_6a04),
        State::Exceeded => tone(0xad_1f16, 0xfd_e9e7, 0xd9_2d20),
        State::HardExceeded => tone(0xff_ffff, 0x9b_1c14, 0x9b_1c14),
    }
}

/// The colours of `state` on [`DARK`].
pub(crate) const fn dark(state: State) -> Tone {
    match state {
        State::Unlimited => tone(0xb8_c1cd, 0x2c_3542, 0x8d_99a8),
        State::Ok => tone(0x7d_dcb0, 0x10_3527, 0x34_c08a),
        State::Soon => tone(0xfd_c56b, 0x3d_2c0d, 0xf5_a524),
        State::Exceeded => tone(0xff_aaa1, 0x48_1c18, 0xf5_645a),
        State::HardExceeded => tone(0xff_ffff, 0xb3_261e, 0xff_7468),
    }
}

/// A brand's colour, made to work on both surfaces.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Accent {
    /// A button, as the brand has it.
    pub(crate) fill: Color,
    /// Text on it.
    pub(crate) on_fill: Color,
    /// Its edge, visible even where the fill is nearly white.
    pub(crate) edge: Color,
    /// Text of a link.
    pub(crate) link: Color,
    /// The same on the dark surface.
    pub(crate) fill_dark: Color,
    /// Text on it.
    pub(crate) on_fill_dark: Color,
    /// Text of a link on the dark surface.
    pub(crate) link_dark: Color,
}

impl Accent {
    pub(crate) fn of(brand: Color) -> Self {
        // A black brand (the vendor prints one) lightened just enough to be seen looks like a
        // disabled button. A colour without hue has nothing to keep: take the ink.
        let on_surface = |surface: &Surface, background: Color, contrast: f64| {
            if brand.is_grey() && brand.contrast(background) < contrast {
                surface.ink
            } else {
                brand.readable_on(background, contrast)
            }
        };
        let fill_dark = on_surface(&DARK, DARK.inset, SHAPE_CONTRAST);
        Self {
            fill: brand,
            on_fill: brand.text_on(),
            edge: brand.readable_on(LIGHT.page, SHAPE_CONTRAST),
            // The darkest light surface and the lightest dark one: good on the others too.
            link: on_surface(&LIGHT, LIGHT.page, TEXT_CONTRAST),
            fill_dark,
            on_fill_dark: fill_dark.text_on(),
            link_dark: on_surface(&DARK, DARK.inset, TEXT_CONTRAST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_every_surface() {
        for surface in [LIGHT, DARK] {
            for background in [surface.page, surface.card, surface.inset] {
                for ink in [surface.ink, surface.muted] {
                    let ratio = ink.contrast(background);
                    assert!(ratio >= TEXT_CONTRAST, "{ink} on {background}");
                }
            }
        }
    }

    #[test]
    fn every_state_can_be_read_and_seen() {
        for state in State::ALL {
            for (tone, surface) in [(light(state), LIGHT), (dark(state), DARK)] {
                let ratio = tone.ink.contrast(tone.tint);
                assert!(ratio >= TEXT_CONTRAST, "{state:?}: {ratio}");
                let ratio = tone.bar.contrast(surface.inset);
                assert!(ratio >= SHAPE_CONTRAST, "{state:?} bar: {ratio}");
            }
        }
    }

    #[test]
    fn a_black_brand_is_no_grey_button_in_the_dark() {
        let accent = Accent::of(Color::BLACK);
        assert_eq!(accent.fill_dark, DARK.ink);
        assert_eq!(accent.link_dark, DARK.ink);
        assert_eq!(accent.fill, Color::BLACK);
    }

    #[test]
    fn every_brand_colour_works_in_both_schemes() {
        for digits in [
            "000000", "ffffff", "ffff00", "1d4ed8", "777777", "ff0000", "171d26",
        ] {
            let accent = Accent::of(Color::parse(digits).unwrap());
            let check = |color: Color, background: Color, least: f64| {
                let ratio = color.contrast(background);
                assert!(ratio >= least, "{digits}: {color} on {background}: {ratio}");
            };
            check(accent.on_fill, accent.fill, TEXT_CONTRAST);
            check(accent.on_fill_dark, accent.fill_dark, TEXT_CONTRAST);
            for surface in [LIGHT.page, LIGHT.card, LIGHT.inset] {
                check(accent.edge, surface, SHAPE_CONTRAST);
                check(accent.link, surface, TEXT_CONTRAST);
            }
            for surface in [DARK.page, DARK.card, DARK.inset] {
                check(accent.fill_dark, surface, SHAPE_CONTRAST);
                check(accent.link_dark, surface, TEXT_CONTRAST);
            }
        }
    }
}
