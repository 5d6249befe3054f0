//! Images in bytes: PNG to pixels, within limits, whatever the bytes are.

use std::io::Cursor;

/// Longest side of an image that is decoded.
const MAX_SIDE: u32 = 4096;
/// Memory that decoding may take.
const MAX_BYTES: usize = 128 << 20;

/// An image as pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue and alpha (not premultiplied) of each pixel, row by row.
    pub rgba: Vec<u8>,
}

/// Why bytes are not shown as an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// They begin as an image of another kind.
    #[error("only PNG images are drawn")]
    Kind,
    /// A side is longer than 4096 pixels, or there are too many of them.
    #[error("the image is larger than 4096 by 4096 pixels")]
    Large,
    /// They are no whole PNG.
    #[error("the image is broken")]
    Broken,
}

/// Decodes a PNG image. Takes up to some hundred milliseconds for the largest.
///
/// # Errors
/// [`PictureError`].
pub fn decode_picture(bytes: &[u8]) -> Result<Picture, PictureError> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(PictureError::Kind);
    }
    let limits = png::Limits { bytes: MAX_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| PictureError::Broken)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(PictureError::Large);
    }
    let size = reader.output_buffer_size().ok_or(PictureError::Large)?;
    let mut pixels = vec![0; size];
    let frame = reader
        .next_frame(&mut pixels)
        .map_err(|_| PictureError::Broken)?;
    pixels.truncate(frame.buffer_size());
    let rgba = match frame.color_type {
        png::ColorType::Rgba => pixels,
        png::ColorType::Rgb => wide(&pixels, 3, |it| [it[0], it[1], it[2], 255]),
        png::ColorType::Grayscale => wide(&pixels, 1, |it| [it[0], it[0], it[0], 255]),
        png::ColorType::GrayscaleAlpha => wide(&pixels, 2, |it| [it[0], it[0], it[0], it[1]]),
        png::ColorType::Indexed => return Err(PictureError::Broken),
    };
    let (width, height) = (width as usize, height as usize);
    if rgba.len() != width * height * 4 {
        return Err(PictureError::Broken);
    }
    Ok(Picture {
        width,
        height,
        rgba,
    })
}

fn wide(pixels: &[u8], samples: usize, pixel: impl Fn(&[u8]) -> [u8; 4]) -> Vec<u8> {
    pixels.chunks_exact(samples).flat_map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(pixels).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn images_of_each_colour_become_pixels() {
        use png::ColorType::{Grayscale, GrayscaleAlpha, Rgb, Rgba};
        for (name, color, pixels, want) in [
            (
                "grey",
                Grayscale,
                vec![7, 9],
                vec![7, 7, 7, 255, 9, 9, 9, 255],
            ),
            (
                "grey with alpha",
                GrayscaleAlpha,
                vec![7, 1, 9, 2],
                vec![7, 7, 7, 1, 9, 9, 9, 2],
            ),
            (
                "colours",
                Rgb,
                vec![1, 2, 3, 4, 5, 6],
                vec![1, 2, 3, 255, 4, 5, 6, 255],
            ),
            (
                "all four",
                Rgba,
                vec![1, 2, 3, 4, 5, 6, 7, 8],
                vec![1, 2, 3, 4, 5, 6, 7, 8],
            ),
        ] {
            let picture = decode_picture(&png(2, 1, color, &pixels)).unwrap();
            assert_eq!((picture.width, picture.height), (2, 1), "{name}");
            assert_eq!(picture.rgba, want, "{name}");
        }
    }

    #[test]
    fn what_is_no_whole_small_png_is_an_error() {
        let whole = png(2, 1, png::ColorType::Rgb, &[1, 2, 3, 4, 5, 6]);
        for end in 0..whole.len() - 12 {
            assert!(decode_picture(&whole[..end]).is_err(), "cut at {end}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            let _ = decode_picture(&bytes);
        }
        let tall = png(1, 4097, png::ColorType::Grayscale, &[0; 4097]);
        assert_eq!(decode_picture(&tall), Err(PictureError::Large));
        assert_eq!(decode_picture(b"\xff\xd8\xff"), Err(PictureError::Kind));
    }
}
