//! Style sheets with content-addressed paths. Pages have no inline style, so a strict
//! Content-Security-Policy holds, and browsers may cache these files for ever.

use std::fmt::Write;

use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::context::{THEME, Theme};
use super::templates::Templates;
use super::tone::Accent;
use super::{Color, RenderError, Renderer};

/// A file that pages and headers link to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Under the public address, beginning with `/assets/`. Another content has another path: serve
    /// it with `Cache-Control: public, max-age=31536000, immutable`.
    pub path: String,
    /// For `Content-Type`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Bytes,
}

const CSS: &str = "text/css; charset=utf-8";
const BRAND_PREFIX: &str = "/assets/brand-";
/// Goes up when `templates/assets/brand.css.hbs` or the colours derived from a brand change.
const BRAND_SUFFIX: &str = "-v1.css";

impl Renderer {
    /// Where the style sheet of pages and header is.
    #[must_use]
    pub fn stylesheet_path(&self) -> &str {
        &self.stylesheet.path
    }

    /// Where the few lines of style sheet are that carry a brand's colour; a host page loads it
    /// after [`Renderer::stylesheet_path`].
    #[must_use]
    pub fn brand_stylesheet_path(&self, color: Color) -> String {
        format!("{BRAND_PREFIX}{}{BRAND_SUFFIX}", color.digits())
    }

    /// The file at `path`: that style sheet, or the few lines of style sheet that carry a brand's
    /// colour (`/assets/brand-1d4ed8-v1.css`). `None`: 404.
    #[must_use]
    pub fn asset(&self, path: &str) -> Option<Asset> {
        if path == self.stylesheet.path {
            return Some(self.stylesheet.clone());
        }
        let digits = path
            .strip_prefix(BRAND_PREFIX)?
            .strip_suffix(BRAND_SUFFIX)?;
        let color = Color::parse(digits).filter(|color| color.digits() == digits)?;
        let sheet = Sheet::of(color);
        let css = self.templates.plain("assets/brand.css", &sheet).ok()?;
        Some(Asset {
            path: path.to_owned(),
            content_type: CSS,
            bytes: css.into(),
        })
    }
}

/// What the style sheets are made of.
#[derive(Serialize)]
struct Sheet {
    theme: &'static Theme,
    accent: Accent,
}

impl Sheet {
    fn of(color: Color) -> Self {
        let accent = Accent::of(color);
        Self {
            theme: &THEME,
            accent,
        }
    }
}

pub(crate) fn stylesheet(templates: &Templates) -> Result<Asset, RenderError> {
    let css = templates.plain("assets/upsell.css", &Sheet::of(Color::default()))?;
    let mut path = "/assets/upsell-".to_owned();
    for byte in Sha256::digest(css.as_bytes()).iter().take(6) {
        // Writing to a String cannot fail.
        let _ = write!(path, "{byte:02x}");
    }
    path.push_str(".css");
    Ok(Asset {
        path,
        content_type: CSS,
        bytes: css.into(),
    })
}
