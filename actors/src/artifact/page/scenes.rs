//! Pictures by what they were asked for.

use std::collections::BTreeMap;

use super::{shown, text};
use crate::gallery::{Gallery, Image};

/// The pictures of one request.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The prompt, cleaned; empty where there is none, or where it isn't to be seen.
    pub prompt: String,
    /// Its pictures, oldest first; never none.
    pub images: Vec<&'a Image>,
}

/// A project's prompts in the order of their first pictures, each with its pictures that may be shown and are no
/// near-duplicates. Where there's no prompt, the job tells them apart.
pub fn scenes(gallery: &Gallery) -> Vec<Scene<'_>> {
    let mut places: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut scenes: Vec<Scene> = Vec::new();
    for image in shown(std::slice::from_ref(gallery)).filter(|image| image.near_duplicate_of.is_none()) {
        let prompt = text::clean(&image.prompt);
        let job = if prompt.is_empty() { image.job_id.as_deref().unwrap_or_default() } else { "" };
        let place = *places.entry((prompt.clone(), job)).or_insert(scenes.len());
        match scenes.get_mut(place) {
            Some(scene) => scene.images.push(image),
            None => scenes.push(Scene { prompt, images: vec![image] }),
        }
    }
    scenes
}

#[cfg(test)]
mod tests {
    use super::scenes;
    use crate::artifact::kinds::testing::{gallery, image};
    use crate::gallery::Image;

    fn made(id: &str, prompt: &str, job: &str) -> Image {
        Image { prompt: prompt.to_owned(), job_id: Some(job.to_owned()), ..image(id) }
    }

    #[test]
    fn a_scene_is_a_prompt_and_without_one_a_job() {
        let twin = Image { near_duplicate_of: Some("a".to_owned()), ..made("t", "one", "1") };
        let gallery = gallery(vec![
            made("a", "one", "1"),
            made("b", "", "2"),
            made("c", " one ", "3"),
            twin,
            made("d", "", "4"),
            made("e", "", "2"),
        ]);
        let found: Vec<(String, Vec<&str>)> = scenes(&gallery)
            .into_iter()
            .map(|scene| (scene.prompt, scene.images.iter().map(|image| image.id.as_str()).collect()))
            .collect();
        let expected = [("one", vec!["a", "c"]), ("", vec!["b", "e"]), ("", vec!["d"])];
        assert_eq!(found, expected.map(|(prompt, ids)| (prompt.to_owned(), ids)));
    }
}
