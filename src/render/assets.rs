//! Style sheets, under addresses that name their content: pages have no inline style, so that a
//! strict Content-Security-Policy holds, and browsers may keep these for ever.

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
    /// The fixed files: the style sheet of pages and header.
    #[must_use]
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// Where the style sheet of pages and header is.
    #[must_use]
    pub fn stylesheet_path(&self) -> &str {
        self.assets.first().map_or("", |asset| asset.path.as_str())
    }

    /// Where the few lines of style sheet are that carry a brand's colour; a host page loads it
    /// after [`Renderer::stylesheet_path`].
    #[must_use]
    pub fn brand_stylesheet_path(&self, color: Color) -> String {
        brand_path(color)
    }

    /// The file at `path`: a fixed one, or the few lines of style sheet that carry a brand's
    /// colour (`/assets/brand-1d4ed8-v1.css`). `None`: 404.
    #[must_use]
    pub fn asset(&self, path: &str) -> Option<Asset> {
        if let Some(asset) = self.assets.iter().find(|asset| asset.path == path) {
            return Some(asset.clone());
        }
        let digits = path
            .strip_prefix(BRAND_PREFIX)?
            .strip_suffix(BRAND_SUFFIX)?;
        let color = Color::parse(digits).filter(|color| color.digits() == digits)?;
        let accent = Accent::of(color);
        let sheet = BrandSheet { accent };
        let css = self.templates.plain("assets/brand.css", &sheet).ok()?;
        Some(Asset {
            path: path.to_owned(),
            content_type: CSS,
            bytes: css.into(),
        })
    }
}

#[derive(Serialize)]
struct BrandSheet {
    accent: Accent,
}

#[derive(Serialize)]
struct Sheet {
    theme: &'static Theme,
    accent: Accent,
}

/// Where the style sheet of a colour is.
pub(crate) fn brand_path(color: Color) -> String {
    format!("{BRAND_PREFIX}{}{BRAND_SUFFIX}", color.digits())
}

pub(crate) fn stylesheet(templates: &Templates) -> Result<Asset, RenderError> {
    let sheet = Sheet {
        theme: &THEME,
        accent: Accent::of(Color::default()),
    };
    let css = templates.plain("assets/upsell.css", &sheet)?;
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
