//! Judging: what a scene asks for against what can be measured in the picture. Every check says in words what it
//! asked, what it found and what a person could do; a picture passes when no check complains.

use super::blobs::{self, Blob};
use super::lettering;
use super::shapes::{Fit, Gallery};
use super::sight::{Part, Sight};
use crate::colour::{self, Lab};
use crate::paint::palette;
use crate::scene::{Count, Item, Light, Noun, Scene, Terrain, Tint};

/// Part of the picture that a thing of an asked colour must cover at least.
const LEAST_AREA: f32 = 0.004;
/// Likeness from which an area may be the thing.
const LIKE: f32 = 0.52;
/// The same where much else has the colour, or where the area is small.
const LIKE_VAGUE: f32 = 0.38;
/// Pixels of an area's longer side below which its outline is a rough one.
const SMALL: usize = 26;
/// Likeness that leaves no doubt; only such areas can be too many.
const CLEAR: f32 = 0.66;
/// How much better another noun may fit before the area is taken for that one.
const MARGIN: f32 = 0.18;
/// Distances, in sizes of the larger one, across which areas may be parts of one thing.
const REACHES: [f32; 2] = [0.35, 0.75];
/// One part in so many of the picture, touching its edge, counts as the surroundings of things.
const SURROUNDINGS: usize = 80;
/// Areas smaller than one part in so many of the largest are crumbs, which are taken only for what they're most like.
const CRUMBS: usize = 16;
/// Areas that are looked at in one pass.
const MOST: usize = 40;
/// Steps inside a colour at which its areas are cut: a thing's own shading stays below one of them, and the step to
/// its surroundings above.
const EDGES: [f32; 2] = [0.05, 0.085];

/// Something that isn't as asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// What was asked and what was found.
    pub notes: String,
    /// What could help.
    pub retry: String,
    /// Kebab-case.
    pub tag: String,
}

/// Every complaint about a picture; none of them when it shows the scene.
pub fn complaints(sight: &Sight, scene: &Scene) -> Vec<Complaint> {
    if sight.is_blank() {
        return vec![Complaint {
            notes: "the image is blank: one even colour and nothing on it".to_owned(),
            retry: "Generate again; the provider returned an empty picture.".to_owned(),
            tag: "blank".to_owned(),
        }];
    }
    let mut found = Vec::new();
    backdrop(sight, scene, &mut found);
    light(sight, scene, &mut found);
    ground(sight, scene, &mut found);
    for item in &scene.items {
        found.extend(thing(sight, scene, *item));
    }
    for tint in &scene.loose {
        let share = sight.of_tint(Part::Whole, *tint);
        if share < 0.02 {
            found.push(missing_colour(tint.colour.name(), share));
        }
    }
    if let Some(text) = &scene.caption {
        found.extend(words(sight, text));
    }
    if !scene.is_concrete() {
        mood(sight, scene, &mut found);
    }
    found
}

/// The complaint about an edit that has edited nothing.
pub fn unchanged() -> Complaint {
    Complaint {
        notes: "the result looks like the start image: nothing has changed".to_owned(),
        retry: "Say first what should be different from the start image.".to_owned(),
        tag: "unchanged".to_owned(),
    }
}

fn backdrop(sight: &Sight, scene: &Scene, found: &mut Vec<Complaint>) {
    let (part, least) = match (scene.is_landscape(), scene.backdrop.len(), scene.loose.is_empty()) {
        (true, ..) => (Part::Upper, 0.22),
        (_, 1, true) => (Part::Border, 0.45),
        (_, 1, false) => (Part::Whole, 0.10),
        _ => (Part::Whole, 0.06),
    };
    for tint in &scene.backdrop {
        let share = sight.of_tint(part, *tint);
        if share < least {
            let name = tint.colour.name();
            found.push(Complaint {
                notes: format!(
                    "asked for a {name} background; only {} of where it should be is {name}",
                    percent(share)
                ),
                retry: format!(
                    "Put the background first and make it exclusive: \"on a plain {name} background\"."
                ),
                tag: format!("no-{name}-background"),
            });
        }
    }
}

fn light(sight: &Sight, scene: &Scene, found: &mut Vec<Complaint>) {
    let Some(light) = scene.light.filter(|_| scene.backdrop.is_empty()) else { return };
    let (name, share, least) = match light {
        Light::Night => ("night", sight.share(Part::Upper, |lab| lab.l < 0.46), 0.40),
        Light::Sunset => {
            let warm = |lab: Lab| lab.chroma() > 0.06 && lab.l > 0.42 && !(112.0..325.0).contains(&lab.hue());
            ("a sunset", sight.share(Part::Upper, warm), 0.15)
        }
        Light::Day => ("daylight", sight.share(Part::Upper, |lab| lab.l > 0.55), 0.40),
    };
    if share < least {
        found.push(Complaint {
            notes: format!("asked for {name}; the light in the image is another one"),
            retry: format!("Name the light at the start and again at the end: \"{name}, …, lit by {name}\"."),
            tag: "wrong-light".to_owned(),
        });
    }
}

fn ground(sight: &Sight, scene: &Scene, found: &mut Vec<Complaint>) {
    let Some(ground) = scene.ground else { return };
    let dim = scene.light == Some(Light::Night);
    let hue = |lab: Lab, low: f32, high: f32, chroma: f32| {
        lab.chroma() > chroma && (low..high).contains(&lab.hue())
    };
    let (name, share) = match (ground.tint, ground.terrain) {
        (Some(tint), _) => (tint.colour.name(), sight.of_tint(Part::Lower, tint)),
        (None, Terrain::Sea) => (
            "sea",
            sight.share(Part::Lower, |lab| {
                hue(lab, 175.0, 300.0, 0.018) || lab.chroma() < 0.03 && lab.l < 0.62
            }),
        ),
        (None, Terrain::Desert) if dim => ("sand", sight.share(Part::Lower, |lab| lab.l > 0.2)),
        (None, Terrain::Desert) => {
            ("sand", sight.share(Part::Lower, |lab| hue(lab, 30.0, 108.0, 0.03) && lab.l > 0.5))
        }
        (None, Terrain::Meadow | Terrain::Forest) => {
            ("green ground", sight.share(Part::Lower, |lab| hue(lab, 92.0, 215.0, 0.018)))
        }
        (None, Terrain::Snow) => (
            "snow",
            sight.share(Part::Lower, |lab| lab.chroma() < 0.075 && lab.l > if dim { 0.4 } else { 0.68 }),
        ),
        (None, Terrain::City) => ("city", sight.share(Part::Lower, |lab| lab.chroma() < 0.10)),
    };
    if share < 0.28 {
        found.push(Complaint {
            notes: format!(
                "asked for {name} below the horizon; only {} of the lower part fits",
                percent(share)
            ),
            retry: format!(
                "Say where it is and how much of it: \"the lower half of the picture is {name}\"."
            ),
            tag: "wrong-setting".to_owned(),
        });
    }
}

/// One item: enough of its colour, in its shape, about as often as asked.
fn thing(sight: &Sight, scene: &Scene, item: Item) -> Option<Complaint> {
    let tint = scene.body(&item);
    let (name, noun) = (tint.colour.name(), item.noun.name());
    let asked = match item.count {
        Count::Exactly(1) => format!("a {name} {noun}"),
        Count::Exactly(count) => format!("{count} {name} {}", item.noun.named(usize::from(count))),
        Count::Several => format!("{name} {}", item.noun.named(2)),
    };
    let area = sight.of_tint(Part::Whole, tint);
    if area < LEAST_AREA {
        return Some(Complaint {
            notes: format!("asked for {asked}; no {name} area larger than {} was found", percent(LEAST_AREA)),
            retry: format!(
                "Start the prompt with \"{asked}\", large and in the foreground, and drop competing colours."
            ),
            tag: format!("missing-{name}-{}", noun.replace(' ', "-")),
        });
    }
    let gallery = Gallery::of(tint);
    let (plain, whole) = plainly(sight, tint);
    let mut seen = fitted(&gallery, plain, item.noun);
    let mut alike = likely(&seen, whole);
    if alike.is_empty() && !whole {
        seen.extend(fitted(&gallery, closely(sight, tint), item.noun));
        alike = likely(&seen, whole);
    }
    if !alike.is_empty() {
        let clear = seen.iter().filter(|(_, fit)| fit.asked >= CLEAR).map(|(blob, _)| blob);
        return miscounted(item, distinct(&alike), distinct(&clear.collect::<Vec<_>>()), &asked);
    }
    let other = seen.iter().filter(|(_, fit)| fit.best.1 > 0.7).max_by_key(|(blob, _)| blob.pixels.len());
    let instead = other.map_or_else(
        || format!("the {name} areas have another shape"),
        |(_, fit)| format!("the {name} area has the shape of a {}", fit.best.0.name()),
    );
    Some(Complaint {
        notes: format!("asked for {asked}; {instead}"),
        retry: format!(
            "Describe the outline of the {noun} and ask for one clear silhouette: \"{asked}, seen from the side\"."
        ),
        tag: format!("not-a-{}", noun.replace(' ', "-")),
    })
}

fn fitted(gallery: &Gallery, areas: Vec<Blob>, noun: Noun) -> Vec<(Blob, Fit)> {
    areas.into_iter().map(|blob| (gallery.fit(&blob, noun), blob)).map(|(fit, blob)| (blob, fit)).collect()
}

/// The areas that may be the asked thing. Neither in surroundings of its own colour nor in a few pixels is a thing's
/// outline the whole one, so less is asked of it there.
fn likely(seen: &[(Blob, Fit)], whole: bool) -> Vec<&Blob> {
    let largest = seen.iter().map(|(blob, _)| blob.pixels.len()).max().unwrap_or(0);
    let like = |blob: &Blob, fit: &Fit| {
        let crumb = whole && blob.pixels.len() * CRUMBS < largest;
        let vague = !whole || blob.size().0.max(blob.size().1) < SMALL;
        let (least, margin) = if vague {
            (LIKE_VAGUE, if crumb { 0.3 * MARGIN } else { 1.2 * MARGIN })
        } else {
            (LIKE, MARGIN)
        };
        fit.asked >= least && fit.asked + margin >= fit.best.1
    };
    seen.iter().filter(|(blob, fit)| like(blob, fit)).map(|(blob, _)| blob).collect()
}

/// How many different things the areas are: one thing may have been found in several ways, and a crumb is none.
fn distinct(alike: &[&Blob]) -> usize {
    let largest = alike.iter().map(|blob| blob.pixels.len()).max().unwrap_or(0);
    let mut counted: Vec<&Blob> = Vec::new();
    for blob in alike.iter().filter(|blob| blob.pixels.len() * 5 >= largest) {
        if !counted.iter().any(|other| other.overlaps(blob)) {
            counted.push(blob);
        }
    }
    counted.len()
}

/// Areas of the colour that may be things, and groups of them; and whether nothing else has the colour.
fn plainly(sight: &Sight, tint: Tint) -> (Vec<Blob>, bool) {
    let found = blobs::of_tint(sight, tint, None);
    let surroundings = |blob: &Blob| blob.touches > 0 && blob.pixels.len() * SURROUNDINGS > sight.w * sight.h;
    let whole = !found.iter().any(surroundings);
    let mut all: Vec<Blob> = found.into_iter().filter(|blob| may_be_thing(sight, blob)).take(MOST).collect();
    for reach in REACHES {
        let groups = blobs::joined(&all, (sight.w, sight.h), reach);
        all.extend(groups.into_iter().filter(|blob| may_be_thing(sight, blob)));
    }
    (all, whole)
}

/// The same within surroundings of the colour: areas up to a step in it, and areas of one shade of it.
fn closely(sight: &Sight, tint: Tint) -> Vec<Blob> {
    let stepped = EDGES.into_iter().map(|edge| blobs::of_tint(sight, tint, Some(edge)));
    let passes = stepped.chain(blobs::shades(sight, tint));
    passes.flat_map(|found| found.into_iter().filter(|blob| may_be_thing(sight, blob)).take(MOST)).collect()
}

fn may_be_thing(sight: &Sight, blob: &Blob) -> bool {
    blob.touches < 2 && blob.pixels.len() * 2 < sight.w * sight.h
}

/// Too few of all that may be one, or too many that plainly are.
fn miscounted(item: Item, alike: usize, clear: usize, asked: &str) -> Option<Complaint> {
    let noun = item.noun;
    // A group of them may have the outline of one.
    let alike = alike.max(clear);
    let wrong = match item.count {
        Count::Exactly(1) => clear > 3,
        // Neighbours may touch and highlights may split; what's plainly another number isn't that.
        Count::Exactly(count) => alike * 3 < usize::from(count) || clear > usize::from(count) * 2,
        Count::Several => false,
    };
    wrong.then(|| Complaint {
        notes: format!("asked for {asked}; {alike} {} can be counted", noun.named(alike)),
        retry: format!(
            "Say the number twice and give the arrangement: \"exactly {asked}, side by side, none hidden\"."
        ),
        tag: "wrong-count".to_owned(),
    })
}

fn words(sight: &Sight, text: &str) -> Option<Complaint> {
    let legibility = lettering::legibility(&sight.grey, text);
    (legibility < lettering::LEGIBLE).then(|| Complaint {
        notes: format!("asked for the words \"{text}\"; they can't be read anywhere in the image"),
        retry: format!(
            "Ask for the words \"{text}\" in large plain capitals on a quiet band of the picture."
        ),
        tag: "missing-caption".to_owned(),
    })
}

/// A prompt that names nothing measurable has a mood: its two strong hues must be there.
fn mood(sight: &Sight, scene: &Scene, found: &mut Vec<Complaint>) {
    for lab in palette::mood(scene.key).into_iter().take(2) {
        let near = |seen: Lab| {
            let turn = (seen.hue() - lab.hue()).rem_euclid(360.0);
            seen.chroma() > 0.045 && turn.min(360.0 - turn) < 24.0
        };
        let share = sight.share(Part::Whole, near);
        if share < 0.03 {
            let name = colour::nearest(lab).name();
            found.push(missing_colour(name, share));
        }
    }
}

fn missing_colour(name: &str, share: f32) -> Complaint {
    Complaint {
        notes: format!("the prompt calls for {name}; only {} of the image is {name}", percent(share)),
        retry: format!("Name {name} as a main colour: \"a palette led by {name}\"."),
        tag: format!("missing-{name}"),
    }
}

fn percent(share: f32) -> String {
    if share < 0.01 { format!("{:.1} %", share * 100.0) } else { format!("{:.0} %", share * 100.0) }
}
