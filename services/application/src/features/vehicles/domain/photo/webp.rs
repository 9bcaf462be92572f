//! WebP (RFC 9649): the RIFF chunks that show.

use super::Size;

/// Of the flags in `VP8X`, those of a colour profile and of transparency.
const SHOWN: u8 = 0b0011_0000;

/// The picture, its transparency and its colour profile. EXIF, XMP and what nobody knows stay out, and so does what stands behind the RIFF. One that moves
/// is no photo.
pub(super) fn bare(bytes: &[u8]) -> Option<(Vec<u8>, Size)> {
    let mut rest = bytes.strip_prefix(b"RIFF")?;
    let length = length_of(rest.split_off(..4)?)?;
    let mut rest = rest.get(..length)?.strip_prefix(b"WEBP")?;
    let mut chunks = Vec::new();
    let (mut canvas, mut picture) = (None, None);
    while !rest.is_empty() {
        let length = length_of(rest.get(4..8)?)?;
        let padded = length.checked_add(length % 2)?.checked_add(8)?;
        let mut chunk = rest.split_off(..padded)?.to_vec();
        let content = chunk.get(8..)?;
        match chunk.get(..4)? {
            b"VP8X" if canvas.is_none() => {
                canvas = Some(size_of_canvas(content)?);
                *chunk.get_mut(8)? &= SHOWN;
            }
            b"VP8 " if picture.is_none() => picture = Some(size_of_lossy(content)?),
            b"VP8L" if picture.is_none() => picture = Some(size_of_lossless(content)?),
            b"VP8X" | b"VP8 " | b"VP8L" => return None,
            b"ALPH" | b"ICCP" => {}
            _ => continue,
        }
        chunks.extend(chunk);
    }
    let picture: Size = picture?;
    let canvas = canvas.unwrap_or(picture);
    let size = Size::new(
        picture.width.max(canvas.width),
        picture.height.max(canvas.height),
    )?;
    let length = u32::try_from(chunks.len().checked_add(4)?).ok()?;
    let bare = [b"RIFF".as_slice(), &length.to_le_bytes(), b"WEBP", &chunks].concat();
    Some((bare, size))
}

fn length_of(four: &[u8]) -> Option<usize> {
    let four: [u8; 4] = four.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(four)).ok()
}

/// Both less one, in 24 bits each, behind flags and reserved bits.
fn size_of_canvas(content: &[u8]) -> Option<Size> {
    let side = |at: std::ops::Range<usize>| -> Option<u32> {
        let [a, b, c]: [u8; 3] = content.get(at)?.try_into().ok()?;
        u32::from_le_bytes([a, b, c, 0]).checked_add(1)
    };
    Size::new(side(4..7)?, side(7..10)?)
}

/// The head of a key frame (RFC 6386 §9.1): 14 bits each, and two of scaling.
fn size_of_lossy(content: &[u8]) -> Option<Size> {
    let head = content.get(3..10)?.strip_prefix(&[0x9D, 0x01, 0x2A])?;
    let [a, b, c, d]: [u8; 4] = head.try_into().ok()?;
    let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3FFF);
    Size::new(side([a, b]), side([c, d]))
}

/// Both less one, in 14 bits each (RFC 9649 §3.4).
fn size_of_lossless(content: &[u8]) -> Option<Size> {
    let head = content.get(..5)?.strip_prefix(&[0x2F])?;
    let bits = u32::from_le_bytes(head.try_into().ok()?);
    let side = |bits: u32| (bits & 0x3FFF).checked_add(1);
    Size::new(side(bits)?, side(bits >> 14)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lossy picture of 4 by 3 pixels, as far as its head tells.
    const LOSSY: &[u8] = &[0, 0, 0, 0x9D, 0x01, 0x2A, 4, 0, 3, 0x40, 7];
    /// A lossless one of 16384 by 16384.
    const LOSSLESS: &[u8] = &[0x2F, 0xFF, 0xFF, 0xFF, 0x0F];

    fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [kind, &length[..], content, &[0][..content.len() % 2]].concat()
    }

    fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
        let chunks = chunks.concat();
        let size = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
        [b"RIFF".as_slice(), &size, b"WEBP", &chunks].concat()
    }

    fn canvas(flags: u8, width: u8) -> Vec<u8> {
        chunk(b"VP8X", &[flags, 0, 0, 0, width - 1, 0, 0, 2, 0, 0])
    }

    #[test]
    fn it_keeps_what_shows_and_nothing_else() {
        let with = webp(&[
            canvas(0b0001_1100, 4),
            chunk(b"ICCP", b"p3"),
            chunk(b"VP8 ", LOSSY),
            chunk(b"EXIF", b"GPS"),
            chunk(b"XMP ", b"GPS"),
            chunk(b"mine", b"GPS"),
        ]);
        let with = [&with[..], b"more"].concat();
        let without = webp(&[
            canvas(0b0001_0000, 4),
            chunk(b"ICCP", b"p3"),
            chunk(b"VP8 ", LOSSY),
        ]);
        let size = Size::new(4, 3).unwrap();
        assert_eq!(bare(&with), Some((without, size)));
    }

    #[test]
    fn its_size_is_the_larger_one_that_it_says() {
        let size = |chunks: &[Vec<u8>]| bare(&webp(chunks)).map(|(_, size)| size);
        let large = Size::new(16_384, 16_384);
        assert_eq!(size(&[chunk(b"VP8L", LOSSLESS)]), large);
        assert_eq!(size(&[canvas(0, 4), chunk(b"VP8L", LOSSLESS)]), large);
        let wide = [canvas(0, 200), chunk(b"VP8 ", LOSSY)];
        assert_eq!(size(&wide), Size::new(200, 3));
    }

    #[test]
    fn what_moves_or_shows_nothing_is_no_photo() {
        for chunks in [
            &[canvas(0b10, 4), chunk(b"ANIM", b""), chunk(b"ANMF", b"")][..],
            &[chunk(b"VP8 ", LOSSY), chunk(b"VP8 ", LOSSY)],
            &[canvas(0, 4)],
            &[],
        ] {
            assert_eq!(bare(&webp(chunks)), None, "{chunks:?}");
        }
    }
}
