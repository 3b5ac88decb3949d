use std::io::Cursor;

use image::{DynamicImage, ImageFormat};

use super::*;

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(32, 24).write_to(&mut out, format).unwrap();
    out.into_inner()
}

#[test]
fn what_is_declared_must_be_true() {
    let png = picture(ImageFormat::Png);
    for declared in [
        None,
        Some(""),
        Some("image/png"),
        Some("IMAGE/PNG; charset=binary"),
        Some("application/octet-stream"),
        Some("binary/octet-stream"),
    ] {
        assert_eq!(inspect(&png, declared).unwrap().media_type, "image/png", "{declared:?}");
    }
    for declared in
        ["image/jpeg", "image/svg+xml", "text/html", "image/*", "image/png2", "png", "text/plain; image/png"]
    {
        assert!(matches!(inspect(&png, Some(declared)), Err(Rejection::Unacceptable(_))), "{declared}");
    }
    let jpeg = picture(ImageFormat::Jpeg);
    for declared in ["image/jpeg", "image/jpg", "image/pjpeg"] {
        assert!(inspect(&jpeg, Some(declared)).is_ok(), "{declared}");
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
