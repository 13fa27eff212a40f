//! Pictures of grey levels inside of a page: a bitmap as an address, so that nothing is requested.

/// A grid of small pictures, each of `rows x columns` numbers from 0 (paper) to 1 (ink), side by side with a line between. Pixels are
/// `scale` wide.
///
/// Returns an HTML image of the size `width x height` with a description.
pub fn grid(pictures: &[Vec<f64>], (rows, columns): (usize, usize), scale: usize, about: &str) -> String {
    let across = (pictures.len() as f64).sqrt().ceil().max(1.0) as usize;
    let down = pictures.len().div_ceil(across).max(1);
    let (wide, high) = (across * (columns + 1) + 1, down * (rows + 1) + 1);
    let mut pixels = vec![170u8; wide * high];
    for (k, picture) in pictures.iter().enumerate() {
        let (left, top) = (k % across * (columns + 1) + 1, k / across * (rows + 1) + 1);
        for (p, x) in picture.iter().enumerate().take(rows * columns) {
            let level = 255.0 * (1.0 - x.clamp(0.0, 1.0));
            pixels[(top + p / columns) * wide + left + p % columns] = level.round() as u8;
        }
    }
    format!(
        "<img class=\"grid\" width=\"{}\" height=\"{}\" alt=\"{}\" src=\"data:image/bmp;base64,{}\">",
        wide * scale,
        high * scale,
        super::escape(about),
        base64(&bitmap(&pixels, wide, high))
    )
}

/// A Windows bitmap of 256 grey levels, rows from the bottom up and filled to whole words (Microsoft, BITMAPINFOHEADER).
fn bitmap(pixels: &[u8], wide: usize, high: usize) -> Vec<u8> {
    let line = wide.next_multiple_of(4);
    let offset = 14 + 40 + 4 * 256;
    let mut out = Vec::with_capacity(offset + line * high);
    let word = |out: &mut Vec<u8>, x: usize| out.extend((x as u32).to_le_bytes());
    out.extend(b"BM");
    [offset + line * high, 0, offset, 40, wide, high].into_iter().for_each(|x| word(&mut out, x));
    out.extend([1, 0, 8, 0]);
    [0, line * high, 2835, 2835, 256, 0].into_iter().for_each(|x| word(&mut out, x));
    (0..=255u8).for_each(|grey| out.extend([grey, grey, grey, 0]));
    for row in pixels.chunks(wide).rev() {
        out.extend(row);
        out.resize(out.len() + line - wide, 0);
    }
    out
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |x, b| x << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for k in 0..4 {
            out.push(if k <= three.len() { char::from(LETTERS[(bits >> (18 - 6 * k) & 63) as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{base64, bitmap, grid};

    #[test]
    fn letters_are_those_of_the_standard() {
        let all =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (from, to) in all {
            assert_eq!(base64(from.as_bytes()), to);
        }
    }

    #[test]
    fn a_bitmap_has_its_lines_from_the_bottom_up() {
        let made = bitmap(&[1, 2, 3, 4, 5, 6], 3, 2);
        assert_eq!(made.len(), 1078 + 8);
        assert_eq!(made[..6], [b'B', b'M', 62, 4, 0, 0]);
        assert_eq!(made[1078..], [4, 5, 6, 0, 1, 2, 3, 0]);
    }

    #[test]
    fn pictures_stand_in_a_square() {
        let html = grid(&vec![vec![0.5; 6]; 5], (2, 3), 2, "five <weights>");
        assert!(html.starts_with("<img class=\"grid\" width=\"26\" height=\"14\" alt=\"five &lt;weights&gt;\""), "{html}");
    }
}
