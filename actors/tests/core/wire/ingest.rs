//! Start images: what is kept beside the bytes and in a job, and what an uploader is shown.

use picasso_actors::ingest::Input;

use super::{pin, pin_written, project};

fn input() -> Input {
    let sha256 = "0a1b2c3d".repeat(8);
    Input {
        key: picasso_actors::ingest::key(&project(), &sha256),
        media_type: "image/webp".to_owned(),
        width: 64,
        height: 48,
        bytes: 4_096,
        sha256,
    }
}

#[test]
fn a_start_image_as_it_is_kept() {
    pin(
        &input(),
        r#"
        {"key":"project/4fZk0PqLx81mWd2C/inputs/0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d",
        "mediaType":"image/webp","width":64,"height":48,"bytes":4096,
        "sha256":"0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d"}
    "#,
    );
}

/// Without its key.
#[test]
fn a_start_image_as_its_uploader_sees_it() {
    pin_written(
        &input().shown("https://picasso.example.org", &project()),
        r#"
        {"uploadId":"0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d",
        "url":"https://picasso.example.org/api/projects/4fZk0PqLx81mWd2C/uploads/
        0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d",
        "mediaType":"image/webp","width":64,"height":48,"bytes":4096,
        "sha256":"0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d"}
    "#,
    );
}
