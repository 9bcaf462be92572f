//! A picture: its type and its size by its bytes, and without what a camera writes into it.

mod jpeg;
mod png;
mod webp;

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What is kept of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Photo {
    pub(crate) content_type: String,
    pub(crate) digest: String,
    pub(crate) bytes: Vec<u8>,
}

/// Why bytes are not kept as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// They are no JPEG, PNG or WebP that shows one picture.
    NoPicture,
    /// A few bytes may unfold to more than a viewer can hold.
    TooManyPixels(Size),
}

/// In pixels; neither is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Half of a SHA-256 is plenty to tell pictures apart.
const DIGEST_BYTES: usize = 16;

impl Photo {
    /// JPEG, PNG or WebP, whatever it is called. Where it was taken, when and with what is left out, and whatever else does not show.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unfit> {
        let (content_type, bare) = if bytes.starts_with(jpeg::START) {
            ("image/jpeg", jpeg::bare(bytes))
        } else if bytes.starts_with(png::SIGNATURE) {
            ("image/png", png::bare(bytes))
        } else {
            ("image/webp", webp::bare(bytes))
        };
        let (bytes, size) = bare.ok_or(Unfit::NoPicture)?;
        if !size.can_be_shown() {
            return Err(Unfit::TooManyPixels(size));
        }
        let mut digest = String::new();
        for byte in Sha256::digest(&bytes).iter().take(DIGEST_BYTES) {
            let _ = write!(digest, "{byte:02x}");
        }
        Ok(Self {
            content_type: content_type.to_owned(),
            digest,
            bytes,
        })
    }

    /// The validator of the photo with this digest.
    pub(crate) fn etag(digest: &str) -> String {
        format!("\"{digest}\"")
    }
}

impl Size {
    /// What a telephone's camera makes, and what takes a viewer 200 MB.
    pub(crate) const MOST_PIXELS: u64 = 50_000_000;
    pub(crate) const LONGEST_SIDE: u32 = 12_000;

    fn new(width: u32, height: u32) -> Option<Self> {
        (width > 0 && height > 0).then_some(Self { width, height })
    }

    fn can_be_shown(self) -> bool {
        let pixels = u64::from(self.width).saturating_mul(u64::from(self.height));
        self.width.max(self.height) <= Self::LONGEST_SIDE && pixels <= Self::MOST_PIXELS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_says_that_it_is_a_picture_is_none() {
        for bytes in [
            &b"<svg onload=alert(1)>"[..],
            b"GIF89a",
            b"",
            &[0xFF, 0xD8, 0xFF],
            &[0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF],
            &[0xFF, 0xD8, 0xFF, 0xD9],
            png::SIGNATURE,
            b"RIFF\0\0\0\0WEBPVP8 \xff\xff\xff\xff",
        ] {
            assert_eq!(Photo::read(bytes), Err(Unfit::NoPicture), "{bytes:?}");
        }
    }

    #[test]
    fn a_picture_may_have_fifty_million_pixels_and_sides_of_twelve_thousand() {
        let shown = |width, height| Size { width, height }.can_be_shown();
        assert!(shown(8_160, 6_120) && shown(12_000, 4_000) && shown(1, 1));
        assert!(!shown(12_001, 1) && !shown(1, 12_001) && !shown(8_000, 6_251));
        assert!(!shown(u32::MAX, u32::MAX));
    }
}
