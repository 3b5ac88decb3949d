//! The bytes of pictures that go into a document, and the fonts.

use futures::future::try_join_all;
use picasso_actors::artifact::material::{Fonts, Need, Pictures, Printed};
use picasso_actors::artifact::options::Settings;
use picasso_actors::gallery::{Gallery, Original};
use picasso_actors::ids::ProjectId;
use picasso_actors::picture::print::print;
use picasso_actors::project;
use worker::Env;

use super::super::problem::Problem;
use super::ask;
use crate::bindings::{assets, r2};
use crate::env;

/// The bytes that a document is made of.
#[derive(Debug, Default)]
pub struct Bytes {
    /// As many of the pictures that the kind asks for as can be read.
    pub pictures: Vec<Printed>,
    serif: Vec<u8>,
    sans: Vec<u8>,
}

impl Bytes {
    /// The fonts; empty for a kind that needs none.
    pub fn fonts(&self) -> Fonts<'_> {
        Fonts { serif: &self.serif, sans: &self.sans }
    }
}

/// The bytes that are needed, one picture at a time: decoded, one is larger than all of the others together.
pub async fn bytes(
    env: &Env,
    needs: &[Need],
    (projects, galleries): (&[ProjectId], &[Gallery]),
    settings: &Settings,
) -> Result<Bytes, Problem> {
    let Some(Pictures { choose, longest }) = needs.iter().find_map(Need::pictures) else {
        return Ok(Bytes::default());
    };
    let originals: Vec<Vec<Original>> =
        try_join_all(projects.iter().map(|project| ask(env, project, project::Message::Originals))).await?;
    let mut pictures = Vec::new();
    for id in choose(galleries, settings) {
        let Some(original) = originals.iter().flatten().find(|original| original.id == id) else { continue };
        let key = original.picture_key.as_deref().unwrap_or(&original.key);
        match r2::get(env, key).await.and_then(|file| print(&file, longest)) {
            Ok(printed) => {
                let (width, height) = (printed.width, printed.height);
                pictures.push(Printed { id, jpeg: printed.bytes, width, height });
            }
            Err(failure) => tracing::warn!(step = "print", progression = id, error = failure.message),
        }
    }
    let files = env::assets(env)?;
    let serif = assets::read(&files, "/fonts/NotoSerif-Regular.ttf").await?;
    let sans = assets::read(&files, "/fonts/NotoSans-SemiBold.ttf").await?;
    Ok(Bytes { pictures, serif, sans })
}
