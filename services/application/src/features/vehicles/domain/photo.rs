//! A picture: its type by its bytes, and without what a camera writes into it.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What is kept of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Photo {
    pub(crate) content_type: String,
    pub(crate) digest: String,
    pub(crate) bytes: Vec<u8>,
}

/// Half of a SHA-256 is plenty to tell pictures apart.
const DIGEST_BYTES: usize = 16;

impl Photo {
    /// JPEG, PNG or WebP, whatever it is called; anything else is none. Where it was taken, when and with what is left out.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (content_type, bytes) = if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            ("image/jpeg", bare_jpeg(bytes)?)
        } else if bytes.starts_with(PNG) {
            ("image/png", bare_png(bytes)?)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            ("image/webp", bare_webp(bytes)?)
        } else {
            return None;
        };
        let mut digest = String::new();
        for byte in Sha256::digest(&bytes).iter().take(DIGEST_BYTES) {
            let _ = write!(digest, "{byte:02x}");
        }
        Some(Self {
            content_type: content_type.to_owned(),
            digest,
            bytes,
        })
    }
}

/// JPEG (ITU T.81 B.1): segments up to the scan; what applications wrote (APP1 to APP15 but Adobe's colours) and comments stay out. The turn that EXIF
/// tells is kept, for without it a picture lies on its side.
fn bare_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bare = vec![0xFF, 0xD8];
    let mut at: usize = 2;
    loop {
        let marker = *bytes.get(at.checked_add(1)?)?;
        if bytes.get(at) != Some(&0xFF) {
            return None;
        }
        match marker {
            // Fill bytes.
            0xFF => {
                at = at.checked_add(1)?;
                continue;
            }
            // The scan, and whatever follows.
            0xDA => {
                bare.extend_from_slice(bytes.get(at..)?);
                return Some(bare);
            }
            0xD9 | 0x01 | 0xD0..=0xD7 => return None,
            _ => {}
        }
        let length = bytes.get(at.checked_add(2)?..at.checked_add(4)?)?;
        let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
        let end = at.checked_add(2)?.checked_add(length)?;
        let segment = bytes.get(at..end)?;
        match marker {
            0xE1 => bare.extend(
                turn_of(segment.get(4..)?)
                    .map(exif_of_turn)
                    .unwrap_or_default(),
            ),
            // JFIF, colour profiles and Adobe's transform say how colours are meant.
            0xE0 | 0xE2 | 0xEE => bare.extend_from_slice(segment),
            0xE3..=0xEF | 0xFE => {}
            _ => bare.extend_from_slice(segment),
        }
        at = end;
    }
}

/// The orientation in an EXIF segment (tag 0x0112), 2 to 8; 1 is as it is.
fn turn_of(segment: &[u8]) -> Option<u8> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let is_little = tiff.starts_with(b"II");
    let short = |at: usize| -> Option<u16> {
        let two: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little {
            u16::from_le_bytes(two)
        } else {
            u16::from_be_bytes(two)
        })
    };
    let directory = {
        let four: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
        let at = if is_little {
            u32::from_le_bytes(four)
        } else {
            u32::from_be_bytes(four)
        };
        usize::try_from(at).ok()?
    };
    let entries = usize::from(short(directory)?);
    (0..entries).find_map(|entry| {
        let at = directory
            .checked_add(2)?
            .checked_add(entry.checked_mul(12)?)?;
        let turn = short(at.checked_add(8)?)?;
        (short(at)? == 0x0112 && (2..=8).contains(&turn)).then(|| turn.to_be_bytes()[1])
    })
}

/// An EXIF segment that says the turn and nothing else.
fn exif_of_turn(turn: u8) -> Vec<u8> {
    let mut segment = vec![0xFF, 0xE1, 0x00, 0x22];
    segment.extend_from_slice(b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    segment.push(turn);
    segment.extend_from_slice(&[0; 6]);
    segment
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// PNG (ISO 15948): chunks; texts, times and EXIF stay out.
fn bare_png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bare = PNG.to_vec();
    let mut rest = bytes.strip_prefix(PNG)?;
    loop {
        let length: [u8; 4] = rest.get(..4)?.try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
        let kind = rest.get(4..8)?;
        let whole = length.checked_add(12)?;
        let chunk = rest.get(..whole)?;
        if !matches!(kind, b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf" | b"tIME") {
            bare.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(bare);
        }
        rest = rest.get(whole..)?;
    }
}

/// WebP (RFC 9649): RIFF chunks; EXIF and XMP stay out, and the flags say so.
fn bare_webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const EXIF_AND_XMP: u8 = 0b0000_1100;
    let mut chunks = Vec::new();
    let mut rest = bytes.get(12..)?;
    while !rest.is_empty() {
        let kind = rest.get(..4)?;
        let length: [u8; 4] = rest.get(4..8)?.try_into().ok()?;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let padded = length.checked_add(length % 2)?.checked_add(8)?;
        let mut chunk = rest.get(..padded)?.to_vec();
        rest = rest.get(padded..)?;
        if matches!(kind, b"EXIF" | b"XMP ") {
            continue;
        }
        if kind == b"VP8X" {
            *chunk.get_mut(8)? &= !EXIF_AND_XMP;
        }
        chunks.extend(chunk);
    }
    let size = u32::try_from(chunks.len().checked_add(4)?).ok()?;
    Some([b"RIFF".as_slice(), &size.to_le_bytes(), b"WEBP", &chunks].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], content].concat()
    }

    fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
        let scan = [0xFF, 0xDA, 0, 2, 1, 2, 3, 0xFF, 0xD9];
        [&[0xFF, 0xD8][..], &segments.concat(), &scan].concat()
    }

    #[test]
    fn a_jpeg_loses_where_it_was_taken_and_keeps_how_it_lies() {
        let mut exif = exif_of_turn(6).split_off(4);
        exif.extend_from_slice(b"GPS 52.52 N 13.40 E");
        let with = jpeg(&[
            segment(0xE0, b"JFIF\0"),
            segment(0xE1, &exif),
            segment(0xFE, b"by me"),
            segment(0xDB, b"table"),
        ]);
        let photo = Photo::read(&with).unwrap();
        assert_eq!(photo.content_type, "image/jpeg");
        let without = jpeg(&[
            segment(0xE0, b"JFIF\0"),
            exif_of_turn(6),
            segment(0xDB, b"table"),
        ]);
        assert_eq!(photo.bytes, without);
        assert_eq!(Photo::read(&without).unwrap().bytes, without);
    }

    #[test]
    fn a_png_loses_its_texts() {
        let chunk = |kind: &[u8], content: &[u8]| {
            let length = u32::try_from(content.len()).unwrap().to_be_bytes();
            [&length[..], kind, content, &[0; 4]].concat()
        };
        let png = [
            PNG,
            &chunk(b"IHDR", &[0; 13]),
            &chunk(b"tEXt", b"Author"),
            &chunk(b"IEND", b""),
            b"more",
        ]
        .concat();
        let photo = Photo::read(&png).unwrap();
        assert_eq!(
            photo.bytes,
            [PNG, &chunk(b"IHDR", &[0; 13]), &chunk(b"IEND", b"")].concat()
        );
    }

    #[test]
    fn a_webp_loses_its_exif() {
        let chunk = |kind: &[u8], content: &[u8]| {
            let length = u32::try_from(content.len()).unwrap().to_le_bytes();
            [kind, &length[..], content, &[0][..content.len() % 2]].concat()
        };
        let webp = |chunks: &[u8]| {
            let size = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
            [b"RIFF".as_slice(), &size, b"WEBP", chunks].concat()
        };
        let with = webp(
            &[
                chunk(b"VP8X", &[0b0001_1100, 0, 0]),
                chunk(b"VP8 ", b"abc"),
                chunk(b"EXIF", b"GPS"),
            ]
            .concat(),
        );
        let without =
            webp(&[chunk(b"VP8X", &[0b0001_0000, 0, 0]), chunk(b"VP8 ", b"abc")].concat());
        assert_eq!(Photo::read(&with).unwrap().bytes, without);
    }

    #[test]
    fn what_only_says_that_it_is_a_picture_is_none() {
        for bytes in [
            &b"<svg onload=alert(1)>"[..],
            b"GIF89a",
            b"",
            &[0xFF, 0xD8, 0xFF],
            &[0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF],
            PNG,
            b"RIFF\0\0\0\0WEBPVP8 \xff\xff\xff\xff",
        ] {
            assert!(Photo::read(bytes).is_none(), "{bytes:?}");
        }
    }
}
