//! The archive's manifest: every object of these projects in R2.
//!
//! **In**: one project or several, and what R2 says of their objects; no options. **Out**, for the key's holder alone: JSON with
//! each object's key, size, SHA-256, media type, what it is and which progression it belongs to, and the same as `manifest.csv`.
//! `GET /api/artifacts/:id/originals.zip` streams the originals that it lists. **Example**:
//! `{"kind": "r2-archive-manifest", "projectIds": ["…"]}`.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::artifact::data::{self, cell};
use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{Material, Need, Stored};
use crate::artifact::options::Settings;
use crate::artifact::page::{self, text};
use crate::ids::ProgressionId;
use crate::zip;

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::R2ArchiveManifest,
    name: "R2 archive manifest",
    about: "Every stored object of these projects with size and SHA-256, and their originals as a ZIP; for the key’s holder.",
    output: Output::Json,
    options: &[],
    needs: &[Need::Archive],
    audience: Audience::KeyHolder,
    render,
};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    /// A provider's exact bytes.
    Original,
    /// What people see, where that isn't the original.
    Picture,
    /// What a job began with.
    Input,
    /// What a provider showed on the way.
    Partial,
    /// A copy that the Worker shows, or bytes of an attempt that came to nothing.
    Other,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Picture => "picture",
            Self::Input => "input",
            Self::Partial => "partial",
            Self::Other => "other",
        }
    }
}

/// A file of the ZIP, as the manifest has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Packed {
    /// Where its bytes are.
    pub key: String,
    /// How many they are.
    pub bytes: u64,
    /// What R2 calls this very content.
    pub etag: String,
    role: Role,
    media_type: Option<String>,
    progression: Option<String>,
}

impl Packed {
    /// Whether R2 still has this very content: anything else isn't what the manifest promises.
    pub fn is(&self, etag: &str, bytes: u64) -> bool {
        self.etag == etag && self.bytes == bytes && bytes <= zip::ENTRY_MAX
    }

    /// What the ZIP has in its place when it isn't there as the manifest has it: a name and a text.
    pub fn note(&self, there: bool) -> (String, String) {
        let what =
            if there { "has been changed since the manifest was made" } else { "isn’t there any more" };
        let name = format!("{}.missing.txt", self.name());
        (name, format!("The object {} {what}. It isn’t in this archive.\n", self.key))
    }

    /// Its name in the ZIP: the progression's id, with the media type's ending.
    pub fn name(&self) -> String {
        let id =
            self.progression.as_deref().filter(|id| ProgressionId::parse(id).is_ok()).unwrap_or("unknown");
        let ending = match self.media_type.as_deref() {
            Some("image/png") => "png",
            Some("image/jpeg") => "jpg",
            Some("image/webp") => "webp",
            Some("image/gif") => "gif",
            Some(_) | None => "bin",
        };
        format!("{id}.{ending}")
    }
}

/// The originals that a manifest lists.
///
/// # Errors
/// When it isn't one.
pub fn originals(manifest: &[u8]) -> Result<Vec<Packed>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Manifest {
        objects: Vec<Packed>,
    }
    let Manifest { mut objects } = serde_json::from_slice(manifest)?;
    objects.retain(|object| object.role == Role::Original && object.progression.is_some());
    Ok(objects)
}

fn render(material: &Material<'_>, _: &Settings) -> Result<Document, Error> {
    let archive = &material.gathered.archive;
    let mut places: BTreeMap<&str, (Role, &str)> = BTreeMap::new();
    for original in &archive.originals {
        places.insert(&original.key, (Role::Original, &original.id));
        if let Some(key) = &original.picture_key {
            places.entry(key).or_insert((Role::Picture, &original.id));
        }
    }
    let place = |object: &Stored| match places.get(object.key.as_str()) {
        Some((role, progression)) => (*role, Some(*progression)),
        None if object.key.contains("/inputs/") => (Role::Input, None),
        None if object.key.contains("/partial/") => (Role::Partial, None),
        None => (Role::Other, None),
    };
    let columns = ["key", "bytes", "sha256", "mediaType", "role", "progression", "project", "etag"];
    let (mut objects, mut rows) = (Vec::new(), Vec::new());
    for object in &archive.objects {
        let (role, progression) = place(object);
        objects.push(json!({
            "key": object.key, "bytes": object.bytes, "sha256": object.sha256, "mediaType": object.media_type,
            "role": role, "progression": progression, "project": object.project_id, "etag": object.etag,
        }));
        rows.push(vec![
            object.key.clone(),
            object.bytes.to_string(),
            cell(object.sha256.as_ref()),
            cell(object.media_type.as_ref()),
            role.as_str().to_owned(),
            cell(progression),
            object.project_id.clone(),
            object.etag.clone(),
        ]);
    }
    let found: BTreeSet<&str> = archive.objects.iter().map(|object| object.key.as_str()).collect();
    let lost = archive.originals.iter().filter(|original| !found.contains(original.key.as_str()));
    let lost: Vec<&str> = lost.map(|original| original.id.as_str()).collect();
    let bytes: u64 = archive.objects.iter().map(|object| object.bytes).sum();
    let whole = json!({
        "title": page::title(material, GENERATOR.name), "published": text::day(material.published_at).iso,
        "complete": archive.complete, "count": objects.len(), "bytes": bytes, "lostOriginals": lost, "objects": objects,
    });
    Ok(Document {
        body: data::json(&whole),
        files: vec![data::csv_file("manifest.csv", &columns, &rows)?],
        ..Document::default()
    })
}
