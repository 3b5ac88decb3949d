//! What holds of every kind, and what its tests are made of.
//!
//! [`check`] is run for each kind: its structure is golden, no text of anybody's changes it, it's valid, and it's there for an
//! empty project, for one picture and for five hundred, at a cost that grows with their number.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use html5ever::tendril::TendrilSink as _;
use markup5ever_rcdom::RcDom;
use serde_json::{Map, Value};

use crate::artifact::data;
use crate::artifact::generator::{Document, File, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{Archive, Fonts, Gathered, Material, Need, Printed, Stored, choose};
use crate::artifact::options::Settings;
use crate::artifact::registry;
use crate::gallery::{Calls, Gallery, Image, Original, Rollback};
use crate::job::judge::Scores;
use crate::knowledge::Kept;
use crate::picture::Encoded;
use crate::picture::palette::written;
use crate::picture::print::print;
use crate::provider::Provider;

/// The prompt of [`image`].
pub const PROMPT: &str = "A red circle on white";

/// A picture that passed.
pub fn image(id: &str) -> Image {
    Image {
        id: id.to_owned(),
        prompt: PROMPT.to_owned(),
        provider: Some(Provider::Openai),
        model: Some("gpt-image-2.5".to_owned()),
        url: format!("https://imagedelivery.net/hash/{id}/public"),
        width: 1024,
        height: 1024,
        judgment: Some("pass".to_owned()),
        notes: Some("One circle, on white.".to_owned()),
        tags: vec!["circle".to_owned()],
        palette: vec!["#f4f4f0".to_owned(), "#c81e1e".to_owned()],
        operation: "generate".to_owned(),
        ..Image::default()
    }
}

/// A picture that failed.
pub fn failed(id: &str) -> Image {
    Image {
        provider: Some(Provider::Workers),
        judgment: Some("fail".to_owned()),
        notes: Some("The circle is blue.".to_owned()),
        retry_suggestion: Some("Name the colour first.".to_owned()),
        ..image(id)
    }
}

/// A project.
pub fn gallery(images: Vec<Image>) -> Gallery {
    Gallery { project_id: "p".to_owned(), name: "Spring".to_owned(), images, ..Gallery::default() }
}

/// Everything but the projects.
pub const fn material(galleries: &[Gallery]) -> Material<'_> {
    Material {
        galleries,
        title: "",
        published_at: 1_795_340_000_000,
        page_url: "https://studio.example/public/lookbook/abc",
        flexible_variants: false,
        pictures: &[],
        fonts: FONTS,
        gathered: &NOTHING,
    }
}

/// The fonts that are deployed.
const FONTS: Fonts<'static> = Fonts {
    serif: include_bytes!("../../../../public/fonts/NotoSerif-Regular.ttf"),
    sans: include_bytes!("../../../../public/fonts/NotoSans-SemiBold.ttf"),
};

/// The pictures that a kind asks for, as the shell would load them: plain ones, of the right shape.
fn printed(generator: &Generator, galleries: &[Gallery], settings: &Settings) -> Vec<Printed> {
    let Some(needed) = generator.needs.iter().find_map(Need::pictures) else { return Vec::new() };
    let ids = (needed.choose)(galleries, settings);
    let printed = ids.into_iter().enumerate().map(|(n, id)| {
        let image =
            galleries.iter().flat_map(|gallery| &gallery.images).find(|image| image.id == id).unwrap();
        let (width, height) = (image.width / 16, image.height / 16);
        let light = u8::try_from(n * 40 % 256).unwrap();
        let file = picture(&image::RgbImage::from_pixel(width, height, image::Rgb([light, 90, 255 - light])));
        let Encoded { bytes: jpeg, width, height, .. } = print(&file, needed.longest).unwrap();
        Printed { id, jpeg, width, height }
    });
    printed.collect()
}

fn picture(pixels: &image::RgbImage) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

static NOTHING: Gathered = Gathered {
    tips: Vec::new(),
    tips_known: false,
    archive: Archive { objects: Vec::new(), originals: Vec::new(), complete: false },
};

/// What a kind makes of it, without options.
pub fn render(generator: &Generator, material: &Material<'_>) -> Document {
    let settings = generator.settings(Map::new()).unwrap();
    let printed = printed(generator, material.galleries, &settings);
    let pictures = if material.pictures.is_empty() { &printed } else { material.pictures };
    (generator.render)(&Material { pictures, ..*material }, &settings).unwrap()
}

/// The page that a kind makes of it.
pub fn html(generator: &Generator, material: &Material<'_>) -> String {
    String::from_utf8(render(generator, material).body).unwrap()
}

/// The page that a kind makes of these projects with these options, which pass through [`choose`] as they would on their way.
pub fn html_with(generator: &Generator, galleries: &[Gallery], options: &serde_json::Value) -> String {
    let settings = generator.settings(options.as_object().unwrap().clone()).unwrap();
    let galleries = choose(galleries.to_vec(), &settings).unwrap();
    String::from_utf8((generator.render)(&material(&galleries), &settings).unwrap().body).unwrap()
}

/// The page's elements by nesting, as `tag.class#id`, without the style sheet's text. Reads attributes as a browser's
/// tokenizer does, so a quotation mark that got out of an attribute, or a `<` out of a text, changes it.
pub fn outline(html: &str) -> String {
    const VOID: [&str; 7] = ["meta", "link", "img", "path", "!doctype", "br", "input"];
    let (mut lines, mut depth, mut rest) = (Vec::new(), 0_usize, html);
    while let Some((_, opened)) = rest.split_once('<') {
        let mut quoted = false;
        let ends = |c: char| {
            quoted ^= c == '"';
            c == '>' && !quoted
        };
        let (tag, after) = opened.split_once(ends).expect("every tag ends");
        rest = after;
        let name = tag.split_whitespace().next().unwrap_or_default();
        if name.starts_with('/') {
            depth = depth.checked_sub(1).expect("every element that closes was opened");
            continue;
        }
        let attribute = |key: &str, mark: &str| {
            let found = tag.split_once(&format!(" {key}=\"")).and_then(|(_, value)| value.split_once('"'));
            found.map(|(value, _)| format!("{mark}{}", value.replace(' ', "."))).unwrap_or_default()
        };
        let (class, id) = (attribute("class", "."), attribute("id", "#"));
        lines.push(format!("{}{name}{class}{id}", "  ".repeat(depth)));
        if !VOID.contains(&name) && !tag.ends_with('/') {
            depth += 1;
        }
    }
    assert_eq!(depth, 0, "every element that was opened is closed");
    lines.join("\n")
}

/// What people and models may send: each must come out as text, in every place that shows text.
pub fn hostile() -> Vec<String> {
    let mut corpus: Vec<String> = [
        "<script>alert(1)</script>",
        "</style><script>alert(1)</script>",
        "</title><img src=x onerror=alert(1)>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "\" style=\"background:url(//evil.example)",
        "--><!-- --><svg onload=alert(1)>",
        "{{ title }}{% include \"x\" %}",
        "&lt;script&gt;&amp;&#39;",
        "javascript:alert(1)",
        "\u{202E}gnp.exe\u{2066} \u{0}\u{1b}[31m \u{7f}",
        "مرحبا <b>بالعالم</b> שלום",
        "<![CDATA[ x ]]><?xml version=\"1.0\"?>",
        "`${alert(1)}` \\\" \\' %3Cscript%3E",
        "=HYPERLINK(\"http://evil.example\")",
        "+1-1@SUM(A1)",
        "$(id) `id` ''' \"\"\" '''); __import__('os')",
        "# [x](javascript:alert(1)) | ``` |",
    ]
    .map(str::to_owned)
    .into();
    corpus.push("x".repeat(10_000));
    corpus.push("<b>\"'&".repeat(2_000));
    corpus
}

/// A project in which everything that can be said was said, and everything is `text`.
pub fn project(text: &str) -> Gallery {
    let worded = Image {
        prompt: text.to_owned(),
        refined_prompt: Some(text.to_owned()),
        model: Some(text.to_owned()),
        notes: Some(text.to_owned()),
        tags: vec![text.to_owned()],
        retry_suggestion: Some(text.to_owned()),
        tip_ids: vec![format!("{text}@1")],
        ..failed("a")
    };
    let good = Image { id: "b".to_owned(), judgment: Some("pass".to_owned()), ..worded.clone() };
    let child = Image { id: "c".to_owned(), parent_id: Some("b".to_owned()), ..good.clone() };
    let twin = Image { id: "d".to_owned(), near_duplicate_of: Some("b".to_owned()), ..good.clone() };
    Gallery {
        project_id: text.to_owned(),
        name: text.to_owned(),
        description: text.to_owned(),
        images: vec![worded, good, child, twin],
        calls: vec![Calls {
            provider: Some(Provider::Workers),
            model: Some(text.to_owned()),
            task: "generate".to_owned(),
            calls: 5,
            unpriced: 1,
            nanousd: Some(120_000_000),
        }],
        ..Gallery::default()
    }
}

/// What is gathered beside [`project`].
fn gathered(text: &str) -> Gathered {
    let value =
        serde_json::json!({ "title": text, "tip": text, "source": "https://example.com/guide" }).to_string();
    let stored = |key: String| Stored {
        project_id: text.to_owned(),
        key,
        bytes: 7,
        sha256: Some(text.to_owned()),
        media_type: Some(text.to_owned()),
        etag: text.to_owned(),
    };
    let original = |id: &str, key: &str| Original {
        id: id.to_owned(),
        key: key.to_owned(),
        picture_key: None,
        media_type: Some(text.to_owned()),
        bytes: Some(7),
    };
    Gathered {
        tips: vec![Kept { key: text.to_owned(), version: 1, value }],
        tips_known: true,
        archive: Archive {
            objects: vec![stored("project/p/jobs/j/orig/0".to_owned()), stored(format!("project/{text}"))],
            originals: vec![
                original("a", "project/p/jobs/j/orig/0"),
                original("b", "project/p/jobs/j/orig/1"),
            ],
            complete: true,
        },
    }
}

fn many(count: usize) -> Gallery {
    let image = |n: usize| Image {
        prompt: format!("Prompt number {:04}", n / 6),
        near_duplicate_of: (n % 10 == 9).then(|| format!("id-{:04}", n - 1)),
        ..image(&format!("id-{n:04}"))
    };
    gallery((0..count).map(image).collect())
}

fn check(generator: &Generator) {
    let kind = generator.kind.as_str();
    let made = |galleries: &[Gallery]| render(generator, &material(galleries));
    for galleries in [vec![], vec![gallery(vec![])], vec![gallery(vec![image("a")])], vec![many(40)]] {
        let document = made(&galleries);
        assert!(!document.body.is_empty(), "{kind} of {} projects", galleries.len());
        is_valid(generator, &document);
        assert_eq!(document, made(&galleries), "{kind}: the same input gives the same bytes");
    }
    let size = |document: &Document| {
        document.body.len() + document.files.iter().map(|file| file.body.len()).sum::<usize>()
    };
    let sizes = [0, 50, 500].map(|count| size(&made(&[many(count)])));
    let [none, fifty, five_hundred] = sizes;
    assert!(five_hundred.saturating_sub(none) < fifty.saturating_sub(none).max(1) * 11, "{kind}: {sizes:?}");
    match generator.output {
        Output::Html => {
            check_words(generator);
            check_page(generator);
        }
        Output::Json => check_words(generator),
        Output::Pdf => check_pdf(generator),
        Output::Film => check_film(generator),
    }
}

/// Words are words, wherever they come out: they change no structure.
fn check_words(generator: &Generator) {
    let kind = generator.kind.as_str();
    let made = |text: &str| {
        let galleries = [project(text), Gallery { name: format!("{text} again"), ..project(text) }];
        render(generator, &Material { title: text, gathered: &gathered(text), ..material(&galleries) })
    };
    golden(generator, &shape(generator, &made("word")));
    let (tame, tame_and_long) = (made("word"), made(&"word ".repeat(2_000)));
    let [tame, tame_and_long] = [tame, tame_and_long].map(|document| shape(generator, &document));
    for text in hostile() {
        let document = made(&text);
        let beginning = text.chars().take(60).collect::<String>();
        let expected = if text.chars().count() > 220 { &tame_and_long } else { &tame };
        assert_eq!(&shape(generator, &document), expected, "{kind}: {beginning}");
        is_valid(generator, &document);
        if generator.output == Output::Html {
            let page = String::from_utf8(document.body).unwrap();
            for forbidden in ["<script>alert", "<svg onload", "<img src=x", "\u{202E}", "\u{2066}", "\u{0}"] {
                assert!(!page.contains(forbidden), "{kind}: {forbidden} in {beginning}");
            }
        }
    }
}

fn check_page(generator: &Generator) {
    let kind = generator.kind.as_str();
    let page = html(generator, &material(&[project("word")]));
    for asking in ["<iframe", "<object", "<embed", "<base", "@import", "url(//", "@font-face", " onload="] {
        assert!(!page.contains(asking), "{kind}: {asking}");
    }
    for said in ["<html lang=\"", "<title>", "name=\"viewport\"", "og:title", "twitter:card", "@media print"]
    {
        assert!(page.contains(said), "{kind}: {said}");
    }
}

fn check_pdf(generator: &Generator) {
    let kind = generator.kind.as_str();
    for text in hostile().into_iter().chain(["Ünïcödé Ελληνικά Кириллица — “quotes”".to_owned()])
    {
        let document = render(generator, &Material { title: &text, ..material(&[project(&text)]) });
        let pdf = read_pdf(generator, &document);
        for (id, object) in &pdf.objects {
            let Ok(dictionary) = object.as_dict() else { continue };
            for acting in [&b"JS"[..], b"JavaScript", b"OpenAction", b"Launch", b"AA", b"EmbeddedFile"] {
                assert!(dictionary.get(acting).is_err(), "{kind}: {id:?} acts");
            }
        }
    }
    let story = [story()];
    let pdf = read_pdf(generator, &render(generator, &material(&story)));
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    let text = pdf.extract_text(&pages).unwrap();
    for word in ["lighthouse", "keeper", "OpenAI", "Meets the brief", "Made with Picasso"] {
        assert!(text.contains(word), "{kind}: {word} in {text}");
    }
}

/// The frames: how long each is seen, in hundredths of a second, and its pixels.
fn read_film(document: &Document) -> Vec<(u16, Vec<u8>)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut film = options.read_info(document.body.as_slice()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = film.read_next_frame().unwrap() {
        frames.push((frame.delay, frame.buffer.to_vec()));
    }
    frames
}

fn check_film(generator: &Generator) {
    let frames = read_film(&render(generator, &material(&[story()])));
    // A title, twelve pictures and a last card, with three frames from each to the next.
    assert_eq!(frames.len(), 14 + 13 * 3);
    assert!(frames.iter().all(|(_, pixels)| pixels.len() == frames[0].1.len()), "all frames are whole");
    let held: Vec<u16> = frames.iter().map(|(delay, _)| *delay).filter(|delay| *delay > 10).collect();
    assert_eq!(held, [[200].as_slice(), &[300; 12], &[200]].concat());
    // Any text is only ever drawn: a few stand for all, since each film takes its time.
    for text in hostile().into_iter().rev().step_by(5) {
        let film = render(generator, &Material { title: &text, ..material(&[project(&text)]) });
        assert!(!read_film(&film).is_empty());
    }
}

fn read_pdf(generator: &Generator, document: &Document) -> lopdf::Document {
    lopdf::Document::load_mem(&document.body)
        .unwrap_or_else(|error| panic!("{}: {error}", generator.kind.as_str()))
}

/// A document's structure and that of what comes with it, without anybody's words.
fn shape(generator: &Generator, document: &Document) -> String {
    let body = match generator.output {
        // A text's length may choose its size, and whether it's cut; nothing else.
        Output::Html => [".short", ".medium", ".long"]
            .iter()
            .fold(outline(&String::from_utf8(document.body.clone()).unwrap()), |shape, size| {
                shape.replace(size, "")
            }),
        Output::Json => paths(&document.body),
        // They have checks of their own.
        Output::Pdf | Output::Film => String::new(),
    };
    document.files.iter().fold(body, |shape, file| format!("{shape}\n\n{}\n{}", file.name, structure(file)))
}

fn structure(file: &File) -> String {
    match file.media_type {
        data::JSON => paths(&file.body),
        data::CSV => String::from_utf8(file.body.clone()).unwrap().lines().next().unwrap().to_owned(),
        _ => file.media_type.to_owned(),
    }
}

/// Every path in a JSON document with the types of what is there: `images[].id: string`.
fn paths(json: &[u8]) -> String {
    fn walk(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(items) => {
                return items.iter().for_each(|item| walk(item, &format!("{path}[]"), found));
            }
            Value::Object(fields) => {
                return fields.iter().for_each(|(name, field)| walk(field, &format!("{path}.{name}"), found));
            }
        };
        found.insert(format!("{}: {kind}", path.trim_start_matches('.')));
    }
    let mut found = BTreeSet::new();
    walk(&serde_json::from_slice(json).unwrap(), "", &mut found);
    found.into_iter().collect::<Vec<_>>().join("\n")
}

/// In its format's own terms.
fn is_valid(generator: &Generator, document: &Document) {
    let kind = generator.kind.as_str();
    match generator.output {
        Output::Html => {
            let parsed = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default())
                .from_utf8()
                .one(document.body.as_slice());
            let errors = parsed.errors.borrow();
            assert!(errors.is_empty(), "{kind}: {errors:?}");
        }
        Output::Json => drop(serde_json::from_slice::<Value>(&document.body).unwrap()),
        Output::Film => assert!(!read_film(document).is_empty()),
        Output::Pdf => assert!(!read_pdf(generator, document).get_pages().is_empty()),
    }
    for file in &document.files {
        match file.media_type {
            data::JSON => drop(serde_json::from_slice::<Value>(&file.body).unwrap()),
            // The reader refuses rows of different lengths.
            data::CSV => {
                for row in csv::Reader::from_reader(file.body.as_slice()).records() {
                    let row = row.unwrap();
                    let is_formula = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                    assert!(!row.iter().any(is_formula), "{kind}: {row:?}");
                }
            }
            _ => drop(String::from_utf8(file.body.clone()).unwrap()),
        }
    }
}

/// Compares the structure with the one in `golden/`; writes it where `PICASSO_GOLDEN` is set.
fn golden(generator: &Generator, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("src/artifact/kinds/golden/{}.txt", generator.kind.as_str()));
    if env::var_os("PICASSO_GOLDEN").is_some() {
        fs::write(&file, format!("{found}\n")).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(found, expected.trim_end(), "{}", file.display());
}

/// Where [`to_be_looked_at`] has its pictures.
const LOOK_AT: &str = "http://127.0.0.1:8123";

/// A project with a story: four scenes by three makers, an edit of one of them, a step back, a twin, verdicts of all kinds.
fn story() -> Gallery {
    let scenes = [
        "A lighthouse on a red cliff at dawn, wide shot",
        "The keeper climbs the spiral stairs, a lamp in her hand",
        "Close-up: the lens turns, light on her face",
        "A ship far out answers with its own light, night, long exposure",
    ];
    let makers = [
        (Provider::Openai, "gpt-image-1", 21_400),
        (Provider::Gemini, "gemini-2.5-flash-image", 9_100),
        (Provider::Workers, "@cf/black-forest-labs/flux-1-schnell", 2_300),
    ];
    let mut images = Vec::new();
    for (scene, prompt) in (0_u32..).zip(scenes) {
        for (maker, (provider, model, ms)) in (0_u32..).zip(makers) {
            let n = scene * 3 + maker;
            let failed = n % 5 == 3;
            let tone = u8::try_from(10 + 20 * n % 90).unwrap();
            images.push(Image {
                id: format!("story-{n}"),
                prompt: prompt.to_owned(),
                refined_prompt: Some(format!("{prompt}. Soft light, one subject, 35 mm.")),
                provider: Some(provider),
                model: Some(model.to_owned()),
                url: format!("{LOOK_AT}/{n}.png"),
                width: if scene == 0 { 1536 } else { 1024 },
                height: if scene == 2 { 1536 } else { 1024 },
                judgment: Some(if failed { "fail" } else { "pass" }.to_owned()).filter(|_| n != 7),
                notes: Some(
                    if failed { "The lamp is missing." } else { "Everything asked for is there." }.to_owned(),
                ),
                tags: vec!["lighthouse".to_owned(), format!("scene-{}", scene + 1)],
                retry_suggestion: failed.then(|| "Name the lamp first, then the stairs.".to_owned()),
                scores: Some(Scores {
                    subject: Some(if failed { 3 } else { 9 }),
                    composition: u8::try_from(6 + n % 4).ok(),
                    text: None,
                    style: u8::try_from(5 + n % 5).ok(),
                    safety: Some(10),
                }),
                job_id: Some(format!("job-{scene}")),
                variant_index: Some(0),
                operation: "generate".to_owned(),
                tip_ids: vec!["openai/exact-scope@1".to_owned()],
                seed: (provider == Provider::Workers).then_some(4_711 + n),
                provider_ms: Some(ms + u64::from(n) * 137),
                media_type: Some("image/png".to_owned()),
                bytes: Some(1_234_567),
                palette: [[tone, 20, 60], [210, 255 - tone, 170]].map(written).into(),
                near_duplicate_of: (n == 10).then(|| "story-9".to_owned()),
                created_at: 1_795_300_000_000 + i64::from(n) * 60_000,
                ..Image::default()
            });
        }
    }
    let edit = Image {
        id: "story-12".to_owned(),
        parent_id: Some("story-4".to_owned()),
        operation: "edit".to_owned(),
        prompt: "The same stairs, colder light, her coat blue".to_owned(),
        url: format!("{LOOK_AT}/12.png"),
        start_image_url: Some(format!("{LOOK_AT}/4.png")),
        job_id: Some("job-4".to_owned()),
        created_at: 1_795_301_000_000,
        ..images[4].clone()
    };
    images.push(edit);
    Gallery {
        project_id: "4fZk0PqLx81mWd2C".to_owned(),
        name: "The lighthouse keeper".to_owned(),
        description: "A short film about light, for the harbour museum.".to_owned(),
        images,
        rollbacks: vec![Rollback {
            id: "story-r".to_owned(),
            parent_id: Some("story-4".to_owned()),
            created_at: 1_795_301_100_000,
        }],
        calls: [
            (Provider::Openai, Some("gpt-image-1"), "generate", 5, 0, Some(840_000_000)),
            (Provider::Gemini, Some("gemini-2.5-flash-image"), "generate", 6, 2, Some(156_000_000)),
            (Provider::Workers, Some("@cf/black-forest-labs/flux-1-schnell"), "generate", 4, 4, None),
            (Provider::Workers, Some("@cf/llava-hf/llava-1.5-7b-hf"), "judge", 13, 0, Some(2_340_000)),
        ]
        .map(|(provider, model, task, calls, unpriced, nanousd)| Calls {
            provider: Some(provider),
            model: model.map(str::to_owned),
            task: task.to_owned(),
            calls,
            unpriced,
            nanousd,
        })
        .to_vec(),
    }
}

/// Writes every kind of [`story`] and its pictures to the folder `PICASSO_LOOK`, to be looked at:
/// `PICASSO_LOOK=/tmp/look cargo test -p picasso-actors --lib to_be_looked_at -- --ignored`, then
/// `python3 -m http.server 8123 -d /tmp/look`.
#[test]
#[ignore = "writes files for people"]
fn to_be_looked_at() {
    let folder = std::path::PathBuf::from(env::var_os("PICASSO_LOOK").expect("PICASSO_LOOK names a folder"));
    fs::create_dir_all(&folder).unwrap();
    let story = story();
    for (n, image) in (0_u32..).zip(&story.images) {
        let (width, height) = (image.width / 2, image.height / 2);
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            let (dx, dy) = (f64::from(x) - f64::from(width) / 2.0, f64::from(y) - f64::from(height) / 2.5);
            let far = (dx * dx + dy * dy) / f64::from(90 * (10 + n));
            let glow = (0..200_u8).rev().step_by(8).find(|glow| f64::from(200 - *glow) >= far).unwrap_or(0);
            let at = |base: u32, by: u32| u8::try_from((base + by * y / height) % 256).unwrap_or(0);
            let lit = |colour: u8| colour.saturating_add(glow);
            image::Rgb([lit(at(20 * (n % 7), 90)), lit(at(15 * (n % 5), 60)), lit(at(60, 20 * (n % 9)))])
        });
        picture.save(folder.join(format!("{n}.png"))).unwrap();
    }
    let printed: Vec<Printed> = (0..story.images.len())
        .filter(|n| story.images[*n].near_duplicate_of.is_none())
        .map(|n| {
            let file = fs::read(folder.join(format!("{n}.png"))).unwrap();
            let Encoded { bytes: jpeg, width, height, .. } = print(&file, 2_048).unwrap();
            Printed { id: story.images[n].id.clone(), jpeg, width, height }
        })
        .collect();
    for kind in Kind::ALL {
        let generator = registry::generator(kind);
        let document =
            render(generator, &Material { pictures: &printed, ..material(std::slice::from_ref(&story)) });
        fs::write(folder.join(format!("{}.{}", kind.as_str(), generator.output.ending())), document.body)
            .unwrap();
        for file in document.files {
            fs::write(folder.join(format!("{}-{}", kind.as_str(), file.name)), file.body).unwrap();
        }
    }
}

#[test]
fn every_kind_is_sound() {
    for kind in Kind::ALL {
        check(registry::generator(kind));
    }
}

#[test]
fn every_generator_is_under_its_own_kind() {
    for kind in Kind::ALL {
        assert_eq!(registry::generator(kind).kind, kind);
    }
}
