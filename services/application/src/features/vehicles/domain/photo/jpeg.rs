//! JPEG (ITU T.81 annex B): what a decoder needs of it, up to its end.

use super::Size;

pub(super) const START: &[u8] = &[0xFF, 0xD8, 0xFF];

const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

/// The picture alone. Telephones write previews, brightness maps and films behind its end, and anything may stand between its scans.
pub(super) fn bare(bytes: &[u8]) -> Option<(Vec<u8>, Size)> {
    let mut rest = bytes.get(2..)?;
    let mut bare = vec![0xFF, 0xD8];
    let (mut size, mut is_shown) = (None, false);
    loop {
        let marker = next_marker(&mut rest)?;
        if marker == END {
            bare.extend([0xFF, END]);
            return size.filter(|_| is_shown).map(|size| (bare, size));
        }
        let content = content(&mut rest)?;
        if is_frame(marker) {
            // Of two sizes nobody knows which a viewer takes.
            if size.is_some() {
                return None;
            }
            size = Some(size_of(content)?);
        }
        bare.extend(kept(marker, content)?);
        if marker == SCAN {
            let coded = coded_bytes(rest)?;
            bare.extend_from_slice(rest.split_off(..coded)?);
            is_shown = true;
        }
    }
}

/// Fill bytes may stand before it (B.1.1.2).
fn next_marker(rest: &mut &[u8]) -> Option<u8> {
    if rest.split_off_first() != Some(&0xFF) {
        return None;
    }
    loop {
        match *rest.split_off_first()? {
            0xFF => {}
            // Those that stand alone have no place between segments.
            0x00 | 0x01 | 0xD0..=0xD8 => return None,
            marker => return Some(marker),
        }
    }
}

/// What a segment holds behind its length.
fn content<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length: [u8; 2] = rest.split_off(..2)?.try_into().ok()?;
    let length = usize::from(u16::from_be_bytes(length)).checked_sub(2)?;
    rest.split_off(..length)
}

/// How much of a scan there is before the next marker: within it 0xFF is followed by 0x00 or restarts the coding (B.1.1.5).
fn coded_bytes(rest: &[u8]) -> Option<usize> {
    let mut filled_from = None;
    for (at, byte) in rest.iter().enumerate() {
        match (filled_from, *byte) {
            (None, 0xFF) => filled_from = Some(at),
            (Some(_), 0x00 | 0xD0..=0xD7) => filled_from = None,
            (None, _) | (Some(_), 0xFF) => {}
            (Some(end), _) => return Some(end),
        }
    }
    None
}

const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF)
}

/// Behind the precision, height before width (B.2.2).
fn size_of(frame: &[u8]) -> Option<Size> {
    let side = |at: std::ops::Range<usize>| -> Option<u32> {
        let two: [u8; 2] = frame.get(at)?.try_into().ok()?;
        Some(u32::from(u16::from_be_bytes(two)))
    };
    Size::new(side(3..5)?, side(1..3)?)
}

/// What stays of a segment: tables, frames, scans, how colours are meant, and how the picture lies, for without that it lies on its side.
fn kept(marker: u8, content: &[u8]) -> Option<Vec<u8>> {
    match marker {
        0xC0..=0xC7 | 0xC9..=0xCF | SCAN | 0xDB | 0xDD => segment(marker, content),
        // JFIF, but for the small picture in it.
        0xE0 if content.starts_with(b"JFIF\0") => match content.get(..12) {
            Some(head) => segment(marker, &[head, &[0, 0]].concat()),
            None => Some(Vec::new()),
        },
        0xE1 => Some(turn_of(content).map(exif_of_turn).unwrap_or_default()),
        0xE2 if content.starts_with(b"ICC_PROFILE\0") => segment(marker, content),
        // Adobe's transform of colours.
        0xEE if content.starts_with(b"Adobe") => segment(marker, content.get(..12)?),
        _ => Some(Vec::new()),
    }
}

fn segment(marker: u8, content: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(content.len().checked_add(2)?).ok()?;
    Some([&[0xFF, marker], &length.to_be_bytes()[..], content].concat())
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"GPS 52.52 N 13.40 E";
    const PLAIN_JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";
    /// With a stuffed byte, a restart and a filled one in what is coded.
    const CODED: &[u8] = &[1, 0xFF, 0, 2, 0xFF, 0xD3, 3, 0xFF, 0xFF, 0, 4];

    fn made(marker: u8, content: &[u8]) -> Vec<u8> {
        segment(marker, content).unwrap()
    }

    fn frame(width: u16, height: u16) -> Vec<u8> {
        let sides = [height.to_be_bytes(), width.to_be_bytes()].concat();
        made(0xC2, &[&[8], &sides[..], &[1, 1, 0x11, 0]].concat())
    }

    fn scan() -> Vec<u8> {
        [&made(SCAN, &[1, 1, 0, 0, 63, 0]), CODED].concat()
    }

    fn jpeg(parts: &[Vec<u8>]) -> Vec<u8> {
        [&[0xFF, 0xD8], &parts.concat()[..], &[0xFF, END]].concat()
    }

    fn bytes_of(picture: &[u8]) -> Vec<u8> {
        bare(picture).unwrap().0
    }

    #[test]
    fn it_loses_where_it_was_taken_and_keeps_how_it_lies() {
        let exif = [&exif_of_turn(6)[4..], SECRET].concat();
        let small = [&PLAIN_JFIF[..12], &[1, 1], b"rgb"].concat();
        let with = jpeg(&[
            made(0xE0, &small),
            made(0xE0, b"JFXX\0small"),
            made(0xE1, &exif),
            made(0xE1, b"http://ns.adobe.com/xap/1.0/\0GPS"),
            made(0xE2, b"ICC_PROFILE\0\x01\x01p3"),
            made(0xE2, b"MPF\0II*\0"),
            made(0xED, b"Photoshop 3.0\0"),
            made(0xEE, b"Adobe\0d\0\0\0\0\x01and more"),
            made(0xFE, b"by me"),
            made(0xDB, b"table"),
            frame(4, 3),
            scan(),
        ]);
        let without = jpeg(&[
            made(0xE0, PLAIN_JFIF),
            exif_of_turn(6),
            made(0xE2, b"ICC_PROFILE\0\x01\x01p3"),
            made(0xEE, b"Adobe\0d\0\0\0\0\x01"),
            made(0xDB, b"table"),
            frame(4, 3),
            scan(),
        ]);
        assert_eq!(bytes_of(&with), without);
        let size = Size::new(4, 3).unwrap();
        assert_eq!(bare(&without), Some((without, size)));
    }

    #[test]
    fn nothing_stays_behind_its_end_or_between_its_scans() {
        let plain = jpeg(&[frame(4, 3), scan(), made(0xC4, b"codes"), scan()]);
        // A whole picture with a place of its own, as telephones append it, and a film.
        let second = jpeg(&[made(0xE1, SECRET), frame(4, 3), scan()]);
        let appended = [&plain[..], &second, b"ftypmp42", SECRET].concat();
        assert_eq!(bytes_of(&appended), plain);
        let between = jpeg(&[
            frame(4, 3),
            scan(),
            made(0xE1, SECRET),
            made(0xFE, SECRET),
            vec![0xFF, 0xFF],
            made(0xC4, b"codes"),
            made(0xE5, SECRET),
            scan(),
            made(0xEF, SECRET),
        ]);
        assert_eq!(bytes_of(&between), plain);
    }

    #[test]
    fn what_breaks_off_or_has_two_sizes_is_no_picture() {
        let whole = jpeg(&[frame(4, 3), scan()]);
        for end in 0..whole.len() {
            assert_eq!(bare(&whole[..end]), None, "{end}");
        }
        for parts in [
            &[frame(4, 3)][..],
            &[scan()],
            &[frame(4, 3), frame(9, 9), scan()],
            &[frame(4, 0), scan()],
            &[frame(4, 3), vec![0xFF, 0xD0], scan()],
        ] {
            assert_eq!(bare(&jpeg(parts)), None, "{parts:?}");
        }
    }
}
