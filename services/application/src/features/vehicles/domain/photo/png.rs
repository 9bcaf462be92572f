//! PNG (W3C PNG, third edition): the chunks that show.

use super::Size;

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The picture and how its colours are meant. Texts, times, EXIF, films and what nobody knows stay out.
const KEPT: [&[u8; 4]; 15] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs",
];
/// Length, kind and checksum.
const AROUND: usize = 12;

pub(super) fn bare(bytes: &[u8]) -> Option<(Vec<u8>, Size)> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut bare = SIGNATURE.to_vec();
    let mut size = None;
    loop {
        let length: [u8; 4] = rest.get(..4)?.try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
        let chunk = rest.split_off(..length.checked_add(AROUND)?)?;
        let kind: &[u8; 4] = chunk.get(4..8)?.try_into().ok()?;
        match (kind, size) {
            (b"IHDR", None) => size = Some(size_of(chunk)?),
            (b"IHDR", Some(_)) | (_, None) => return None,
            (b"IEND", Some(_)) if length > 0 => return None,
            _ => {}
        }
        if KEPT.contains(&kind) {
            bare.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return size.map(|size| (bare, size));
        }
    }
}

fn size_of(header: &[u8]) -> Option<Size> {
    let side = |at: std::ops::Range<usize>| -> Option<u32> {
        let four: [u8; 4] = header.get(at)?.try_into().ok()?;
        Some(u32::from_be_bytes(four))
    };
    Size::new(side(8..12)?, side(12..16)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::vehicles::photo::{Photo, Unfit};

    fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[..], kind, content, &[0; 4]].concat()
    }

    fn header(width: u32, height: u32) -> Vec<u8> {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        chunk(b"IHDR", &[&sides[..], &[8, 2, 0, 0, 0]].concat())
    }

    fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE, &chunks.concat(), &chunk(b"IEND", b"")].concat()
    }

    #[test]
    fn it_keeps_what_shows_and_nothing_else() {
        let with = png(&[
            header(4, 3),
            chunk(b"tEXt", b"Author"),
            chunk(b"eXIf", b"GPS"),
            chunk(b"iCCP", b"p3"),
            chunk(b"prVt", b"whatever"),
            chunk(b"IDAT", b"picture"),
            chunk(b"fdAT", b"film"),
        ]);
        let with = [&with[..], b"more"].concat();
        let without = png(&[
            header(4, 3),
            chunk(b"iCCP", b"p3"),
            chunk(b"IDAT", b"picture"),
        ]);
        assert_eq!(bare(&with).unwrap().0, without);
    }

    #[test]
    fn a_few_bytes_that_unfold_to_gigabytes_are_refused() {
        let small = png(&[header(60_000, 60_000), chunk(b"IDAT", b"")]);
        let (width, height) = (60_000, 60_000);
        let size = Size { width, height };
        assert_eq!(Photo::read(&small), Err(Unfit::TooManyPixels(size)));
    }

    #[test]
    fn its_header_is_first_and_alone() {
        let data = chunk(b"IDAT", b"");
        assert!(bare(&png(&[header(4, 3), header(9, 9), data.clone()])).is_none());
        assert!(bare(&png(&[data, header(4, 3)])).is_none());
        assert!(bare(&png(&[header(0, 3)])).is_none());
        assert!(bare(&png(&[])).is_none());
    }
}
