use std::io::Cursor;

use image::{DynamicImage, ImageFormat};

use super::*;

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(32, 24).write_to(&mut out, format).unwrap();
    out.into_inner()
}

#[test]
fn a_picture_is_taken_when_it_is_what_it_is_declared_to_be() {
    for (format, media_type) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::WebP, "image/webp"),
        (ImageFormat::Gif, "image/gif"),
    ] {
        let bytes = picture(format);
        for declared in [None, Some(media_type), Some("application/octet-stream")] {
            let taken = inspect(&bytes, declared).unwrap();
            assert_eq!((taken.media_type, taken.width, taken.height), (media_type, 32, 24), "{declared:?}");
        }
        let cut = &bytes[..bytes.len() - 10];
        for (bytes, declared) in [(&bytes[..], "image/svg+xml"), (&bytes, "text/html"), (cut, media_type)] {
            assert!(matches!(inspect(bytes, Some(declared)), Err(Rejection::Unacceptable(_))), "{declared}");
        }
    }
}

#[test]
fn what_is_no_picture_of_ours_is_not_taken() {
    for bytes in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<!doctype html>", b"%PDF-1.7"] {
        for declared in [None, Some("image/png"), Some("image/svg+xml")] {
            assert!(matches!(inspect(bytes, declared), Err(Rejection::Unacceptable(_))));
        }
    }
}
