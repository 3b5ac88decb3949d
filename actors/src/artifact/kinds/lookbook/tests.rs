//! The page as a client's browser would get it.

use std::collections::BTreeSet;

use super::GENERATOR;
use crate::artifact::kinds::testing::{self, PROMPT, failed, gallery, image, material, outline};
use crate::artifact::material::Material;
use crate::artifact::page::image_origins;
use crate::gallery::{Gallery, Image};

fn render(galleries: &[Gallery], material: &Material<'_>) -> String {
    testing::html(&GENERATOR, &Material { galleries, ..*material })
}

fn page(images: Vec<Image>) -> String {
    render(&[gallery(images)], &material(&[]))
}

#[test]
fn what_is_said_of_a_picture_stands_beside_it() {
    let html = page(vec![failed("c"), image("a")]);
    let (good, bad) = html.split_once("id=\"image-2\"").unwrap();
    let (_, good) = good.split_once("id=\"image-1\"").unwrap();
    assert!(good.contains("OpenAI") && good.contains("gpt-image-2.5"));
    assert!(
        good.contains("Meets the brief")
            && good.contains("One circle, on white.")
            && !good.contains("Try next")
    );
    assert!(
        bad.contains("Workers AI") && bad.contains("Misses the brief") && bad.contains("The circle is blue.")
    );
    assert!(bad.contains("Try next") && bad.contains("Name the colour first."));
    for plate in [good, bad] {
        assert!(plate.contains(&format!("alt=\"“{PROMPT}”, made by")), "{plate}");
        assert!(plate.contains("width=\"1024\" height=\"1024\"") && plate.contains("decoding=\"async\""));
    }
    let undecided =
        Image { judgment: None, retry_suggestion: Some("Unasked advice".to_owned()), ..image("d") };
    let html = page(vec![undecided]);
    assert!(html.contains("Not judged yet") && !html.contains("Unasked advice"));
}

#[test]
fn only_the_first_picture_is_loaded_at_once() {
    let html = page((0..7).map(|n| image(&n.to_string())).collect());
    assert_eq!(html.matches("<img ").count(), 8, "a cover and seven plates");
    assert_eq!(html.matches("loading=\"lazy\"").count(), 7);
    let (first, _) = html.split_once("<img ").unwrap().1.split_once('>').unwrap();
    assert!(!first.contains("lazy") && first.contains("fetchpriority=\"high\""), "{first}");
}

#[test]
fn one_picture_is_shown_once_and_at_once() {
    let html = page(vec![image("a")]);
    assert_eq!((html.matches("<img ").count(), html.matches("loading=\"lazy\"").count()), (1, 0));
    assert!(html.contains("1 image</li>") && html.contains("class=\"cover cover--bare\""));
}

#[test]
fn an_empty_project_says_so() {
    for galleries in [vec![gallery(Vec::new())], Vec::new()] {
        let html = render(&galleries, &material(&[]));
        assert!(html.contains("No pictures yet") && !html.contains("<img ") && !html.contains("og:image"));
        assert!(html.contains("content=\"summary\"") && html.contains("<h1 "));
        assert_eq!(outline(&html).lines().filter(|line| line.trim() == "main").count(), 1);
    }
}

#[test]
fn the_preview_card_is_complete() {
    let html = page(vec![failed("c"), image("a")]);
    for tag in [
        "<meta property=\"og:title\" content=\"Spring\">",
        "<meta property=\"og:description\" content=\"2 images, 1 meets the brief.\">",
        "<meta property=\"og:url\" content=\"https://studio.example/public/lookbook/abc\">",
        "<meta property=\"og:image\" content=\"https://imagedelivery.net/hash/a/public\">",
        "<meta property=\"og:image:width\" content=\"1024\">",
        "<meta name=\"twitter:card\" content=\"summary_large_image\">",
        "<meta name=\"twitter:image\" content=\"https://imagedelivery.net/hash/a/public\">",
        "<html lang=\"en\">",
        "<title>Spring</title>",
    ] {
        assert!(html.contains(tag), "{tag}");
    }
    let elsewhere = Material { page_url: "javascript:alert(1)", title: "Named", ..material(&[]) };
    let html = render(&[gallery(vec![image("a")])], &elsewhere);
    assert!(
        !html.contains("javascript:") && !html.contains("og:url") && html.contains("<title>Named</title>")
    );
}

#[test]
fn addresses_that_are_not_safe_are_left_out() {
    for url in
        ["javascript:alert(1)", "data:text/html,x", "http://evil.example/i", "https://x\" onerror=\"alert(1)"]
    {
        let galleries = [gallery(vec![Image { url: url.to_owned(), ..image("b") }, image("a")])];
        let html = render(&galleries, &material(&[]));
        assert!(!html.contains(url) && html.contains("1 image is left out"), "{url}");
        assert_eq!(html.matches("<img ").count(), 1);
        assert_eq!(image_origins(&galleries), ["https://imagedelivery.net"]);
    }
}

#[test]
fn origins_are_named_once_and_cover_every_picture() {
    let local = |id: &str| Image { url: format!("http://127.0.0.1:8787/__cf_local/{id}"), ..image(id) };
    let twin = Image {
        near_duplicate_of: Some("a".to_owned()),
        url: "https://other.example/i".to_owned(),
        ..image("t")
    };
    let galleries = [gallery(vec![image("a"), local("b"), image("c")]), gallery(vec![local("d"), twin])];
    let expected = ["https://imagedelivery.net", "http://127.0.0.1:8787", "https://other.example"];
    assert_eq!(image_origins(&galleries), expected);
    assert!(image_origins(&[]).is_empty());
}

#[test]
fn nothing_but_pictures_is_asked_for() {
    let html = page(vec![image("a"), failed("b")]);
    for tag in [
        "<script",
        "<iframe",
        "<object",
        "<embed",
        "<form",
        "<base",
        "@import",
        "url(",
        "@font-face",
        " onload=",
    ] {
        assert!(!html.contains(tag), "{tag}");
    }
    let hosts: BTreeSet<&str> =
        html.split("https://").skip(1).filter_map(|url| url.split('/').next()).collect();
    assert_eq!(hosts, ["imagedelivery.net", "studio.example"].into());
}

#[test]
fn other_widths_are_asked_for_only_where_the_account_gives_them() {
    let galleries = [gallery(vec![image("a"), image("b")])];
    assert!(!render(&galleries, &material(&[])).contains("srcset"));
    let html = render(&galleries, &Material { flexible_variants: true, ..material(&[]) });
    assert_eq!(html.matches(" srcset=\"").count(), html.matches("<img ").count());
    assert!(html.contains("/w=640 640w, ") && html.contains("sizes=\"(min-width: 60rem) 54vw, 100vw\""));
}

#[test]
fn chapters_follow_prompts_and_verdicts() {
    let other = |id: &str| Image { prompt: "Another prompt".to_owned(), ..image(id) };
    let open = Image { judgment: None, ..image("open") };
    let images = vec![
        failed("bad"),
        other("o1"),
        open,
        image("good"),
        Image { prompt: "  ".to_owned(), ..image("none") },
    ];
    let html = page(images);
    let plates = html.split("<a href=\"https://imagedelivery.net/hash/").skip(1);
    let order: Vec<&str> = plates.filter_map(|plate| plate.split('/').next()).collect();
    assert_eq!(order, ["good", "open", "bad", "o1", "none"]);
    assert!(
        html.contains("Without a prompt")
            && html.contains("3 prompts")
            && html.contains("href=\"#chapter-3\"")
    );
}

#[test]
fn a_near_duplicate_points_at_its_twin() {
    let of = |id: &str, twin: &str| Image { near_duplicate_of: Some(twin.to_owned()), ..image(id) };
    let html = page(vec![image("a"), image("b"), of("c", "b"), of("d", "gone")]);
    assert!(html.contains("near-duplicate of <a href=\"#image-2\">No. 2</a>"));
    assert!(html.contains("near-duplicate of an earlier picture"));
    assert!(html.contains("2 images</li>"), "they don't count as chosen");
    assert_eq!(html.matches("class=\"plate ").count(), 2);
}

#[test]
fn several_projects_are_parts_of_one_page() {
    let mut second = gallery(vec![failed("b")]);
    second.name = "Summer".to_owned();
    let html = render(&[gallery(vec![image("a")]), second], &material(&[]));
    assert!(html.contains("<h2 dir=\"auto\">Spring</h2>") && html.contains("<h2 dir=\"auto\">Summer</h2>"));
    assert_eq!(html.matches("<h3 ").count(), 2, "chapters go one level down");
    assert!(html.contains("id=\"image-2\""), "numbers run on");
}

#[test]
fn five_hundred_images_cost_ten_times_fifty() {
    let bytes = |count: usize| {
        let images = (0..count).map(|n| {
            let prompt = format!("Prompt number {:04}", n / 6);
            let twin = (n % 10 == 9).then(|| format!("id-{:04}", n - 1));
            Image { prompt, near_duplicate_of: twin, ..image(&format!("id-{n:04}")) }
        });
        page(images.collect()).len()
    };
    let (none, fifty, five_hundred) = (bytes(0), bytes(50), bytes(500));
    let (small, large) = (fifty - none, five_hundred - none);
    assert!(large < small * 11 && large > small * 8, "{none} {fifty} {five_hundred}");
    assert!(large / 500 < 1_500, "{} bytes an image", large / 500);
}
