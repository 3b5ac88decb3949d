//! Pictures from outside: uploaded, or fetched from an origin that does everything an origin can do. What is refused isn't
//! fetched, and what another server says is repeated to nobody.

use std::io::{Cursor, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use image::{DynamicImage, ImageFormat};
use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::studio::{SCENE, Studio, text};
use picasso_e2e::{picture, stack, wait};
use serde_json::{Value, json};

/// Most bytes of a picture.
const BYTES_MAX: usize = 10 * 1024 * 1024;
const FORMATS: [(&str, &str); 4] =
    [("png", "image/png"), ("jpg", "image/jpeg"), ("webp", "image/webp"), ("gif", "image/gif")];

/// A project that gets pictures, and the origin that has them. Each has addresses of its own.
struct Ingest {
    studio: Studio,
    origin: Caller,
}

impl Ingest {
    fn open(name: &str) -> Self {
        Self { studio: Studio::open(name), origin: Caller::new(stack::emulator_url(), None) }
    }

    fn path(&self) -> String {
        format!("/api/projects/{}/uploads", self.studio.project)
    }

    fn send(&self, media_type: &str, bytes: &[u8]) -> Reply {
        self.studio.api.send("POST", &self.path(), &[("content-type", media_type)], Body::Bytes(bytes))
    }

    /// Has the picture at this address fetched.
    fn fetch(&self, url: &str) -> Reply {
        self.send("application/json", json!({ "url": url }).to_string().as_bytes())
    }

    /// An address at the origin that no other test asks for.
    fn at(&self, what: &str) -> String {
        let mark = if what.contains('?') { '&' } else { '?' };
        format!("{}/_origin/{what}{mark}for={}", stack::emulator_url(), self.studio.word)
    }

    /// What the origin gives to anybody.
    fn bytes(&self, what: &str) -> Vec<u8> {
        self.origin.send("GET", &format!("/_origin/{what}"), &[], Body::None).expect(200).body
    }

    /// How often addresses with this text were asked for.
    fn hits(&self, contains: &str) -> u64 {
        let contains: String = url::form_urlencoded::byte_serialize(contains.as_bytes()).collect();
        self.origin.get(&format!("/_origin/hits?contains={contains}"))["hits"].as_u64().unwrap()
    }

    fn refused(&self, url: &str) -> Value {
        self.fetch(url).problem_with(422, "image-refused", "url")
    }

    fn unreachable(&self, url: &str) -> Value {
        self.fetch(url).problem_with(422, "image-unreachable", "url")
    }

    fn unacceptable(&self, url: &str) -> Value {
        self.fetch(url).problem_with(422, "image-unacceptable", "url")
    }
}

/// A form with these parts: name, file name, type and content.
fn multipart(parts: &[(&str, Option<&str>, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, media_type, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head = format!(
            "--edge\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\ncontent-type: {media_type}\r\n\r\n"
        );
        body.extend(head.bytes().chain(content.iter().copied()).chain(*b"\r\n"));
    }
    body.extend(b"--edge--\r\n");
    body
}

const FORM: &str = "multipart/form-data; boundary=edge";

#[test]
fn a_picture_is_one_upload_however_it_comes() {
    let ingest = Ingest::open("oneupload");
    for (extension, media_type) in FORMATS {
        let picture = format!("picture.{extension}?size=96x64&seed=7");
        let bytes = ingest.bytes(&picture);
        let first = ingest.send(media_type, &bytes).expect(201).json();
        let id = text(&first["uploadId"]);
        assert_eq!(
            first,
            json!({
                "uploadId": id, "url": format!("{}{}/{id}", stack::url(), ingest.path()), "mediaType": media_type,
                "width": 96, "height": 64, "bytes": bytes.len(), "sha256": id,
            })
        );
        let form = multipart(&[
            ("note", None, "text/plain", b"words"),
            ("picture", Some("../../x.svg"), media_type, &bytes),
        ]);
        let url = ingest.at(&picture);
        for again in [
            ingest.send(media_type, &bytes),
            ingest.send("application/octet-stream", &bytes),
            ingest.studio.api.send("POST", &ingest.path(), &[], Body::Chunked(&bytes)),
            ingest.send(FORM, &form),
            ingest.fetch(&url),
        ] {
            assert_eq!(again.expect(201).json(), first);
        }
        assert_eq!(ingest.hits(&format!("{picture}&for={}", ingest.studio.word)), 1, "fetched once");
        let shown =
            ingest.studio.api.send("GET", &format!("{}/{id}", ingest.path()), &[], Body::None).expect(200);
        assert_eq!((shown.json(), shown.header("content-type")), (first, "application/json"));
    }
}

#[test]
fn an_upload_is_its_projects_and_needs_the_key() {
    let (ingest, other) = (Ingest::open("owner"), Ingest::open("stranger"));
    let bytes = ingest.bytes("picture.png?size=64x64&seed=3");
    let id = text(&ingest.send("image/png", &bytes).expect(201).json()["uploadId"]);
    let get = |path: String| ingest.studio.api.send("GET", &path, &[], Body::None);
    let _ = get(format!("{}/{id}", ingest.path())).expect(200);
    let _ = get(format!("{}/{id}", other.path())).problem(404, "not-found");
    for id in ["0".repeat(64).as_str(), "x", "..%2f..%2fjobs", &id.to_uppercase()] {
        let _ = get(format!("{}/{id}", ingest.path())).problem(404, "not-found");
    }
    let nobodys = "/api/projects/0000000000000000/uploads";
    let _ = ingest.studio.api.send("POST", nobodys, &[], Body::Bytes(&bytes)).problem(404, "not-found");
    let anybody = Caller::anonymous();
    for (method, path) in [("POST", ingest.path()), ("GET", format!("{}/{id}", ingest.path()))] {
        let carried = if method == "POST" { Body::Bytes(&bytes) } else { Body::None };
        let _ = anybody.send(method, &path, &[], carried).problem(401, "unauthorized");
        let wrong = ingest.studio.api.send("DELETE", &path, &[], Body::None);
        let _ = wrong.problem(405, "method-not-allowed");
        assert_eq!(wrong.header("allow"), method);
    }
}

#[test]
fn only_whole_pictures_of_the_declared_type_are_uploaded() {
    let ingest = Ingest::open("badupload");
    let png = ingest.bytes("picture.png?size=64x64&seed=4");
    let cut = png.split_at(png.len() / 2).0;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>".as_slice();
    for (media_type, bytes) in [
        ("image/jpeg", png.as_slice()),
        ("image/svg+xml", svg),
        ("image/png", svg),
        ("image/png", cut),
        ("image/png", b""),
        ("text/html", &png),
        ("application/x-www-form-urlencoded", &png),
    ] {
        let _ = ingest.send(media_type, bytes).problem_with(422, "image-unacceptable", "body");
        let form = multipart(&[("picture", Some("x.png"), media_type, bytes)]);
        let _ = ingest.send(FORM, &form).problem_with(422, "image-unacceptable", "body");
    }
    let two = multipart(&[("a", Some("a"), "image/png", &png), ("b", Some("b"), "image/png", &png)]);
    let none = multipart(&[("a", None, "text/plain", b"words")]);
    for form in [two, none] {
        let _ = ingest.send(FORM, &form).problem_with(422, "invalid-field", "body");
    }
    for (media_type, body) in [
        (FORM, png.as_slice()),
        (FORM, b""),
        ("multipart/form-data", b"--edge--\r\n"),
        ("application/json", b"{"),
        ("application/json", &png),
    ] {
        let _ = ingest.send(media_type, body).problem_with(400, "malformed-body", "body");
    }
    for body in [json!({}), json!({ "url": 7 }), json!([])] {
        let reply = ingest.send("application/json", body.to_string().as_bytes());
        let _ = reply.problem_with(422, "invalid-field", "url");
    }
}

/// Whatever was said beforehand, one byte makes the difference.
#[test]
fn a_picture_over_the_cap_is_too_large_however_it_comes() {
    let ingest = Ingest::open("large");
    let most = vec![0x5a; BYTES_MAX];
    let over = vec![0x5a; BYTES_MAX + 1];
    let _ = ingest.send("image/png", &most).problem(422, "image-unacceptable");
    let _ = ingest.send("image/png", &over).problem_with(413, "body-too-large", "body");
    let chunked = ingest.studio.api.send(
        "POST",
        &ingest.path(),
        &[("content-type", "image/png")],
        Body::Chunked(&over),
    );
    let _ = chunked.problem_with(413, "body-too-large", "body");
    let form = multipart(&[("picture", Some("x.png"), "image/png", &over)]);
    let _ = ingest.send(FORM, &form).problem_with(413, "body-too-large", "body");
    for huge in ["huge".to_owned(), format!("huge?bytes={}&length=true", BYTES_MAX + 1)] {
        let problem = ingest.unacceptable(&ingest.at(&huge));
        assert!(text(&problem["detail"]).contains("10485760 bytes"), "{problem}");
    }
}

/// The table of all spellings is the core's; here, that it's asked, and that nothing is fetched.
#[test]
fn what_may_not_be_asked_isnt() {
    let ingest = Ingest::open("refused");
    let picture = ingest.at("picture.png");
    let port = picture.split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    for url in [
        picture.replace("127.0.0.1", "localhost"),
        picture.replace("127.0.0.1", "127.1"),
        picture.replace("127.0.0.1", "2130706433"),
        picture.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        picture.replace("127.0.0.1", "localtest.me"),
        picture.replace("http://", "http://a@"),
        picture.replace(&format!(":{port}"), &format!(":{port}\t")),
        picture.replace("http://", "ftp://"),
        picture.replace("http://", "http:\\\\"),
        format!("{}/api/projects", stack::url()),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://metadata.google.internal/".to_owned(),
        "https://10.0.0.1.nip.io/".to_owned(),
        "https://example.org:8443/".to_owned(),
        "http://example.org/".to_owned(),
        "data:image/png;base64,iVBORw0KGgo=".to_owned(),
        format!("https://example.org/{}", "a".repeat(2_048)),
        String::new(),
    ] {
        let problem = ingest.refused(&url);
        assert!(text(&problem["detail"]).starts_with("url: "), "{problem}");
    }
    assert_eq!(ingest.hits(&ingest.studio.word), 0);
}

#[test]
fn a_redirect_is_checked_like_a_first_address() {
    let ingest = Ingest::open("redirect");
    let escape = |url: &str| url::form_urlencoded::byte_serialize(url.as_bytes()).collect::<String>();
    let word = &ingest.studio.word;
    let redirect = |to: &str, hops: u32| {
        format!("{}/_origin/redirect?to={}&hops={hops}", stack::emulator_url(), escape(to))
    };
    // Two of its own and the last: three in all.
    let picture = ingest.at("picture.png?size=64x64&seed=5");
    let taken = ingest.fetch(&redirect(&picture, 2)).expect(201).json();
    let direct = ingest.bytes("picture.png?size=64x64&seed=5");
    assert_eq!(taken["bytes"], direct.len());
    let _ = ingest.fetch(&redirect("/_origin/picture.png?size=64x64&seed=5", 0)).expect(201);
    let far = ingest.at("picture.png?size=64x64&seed=5&far");
    let _ = ingest.unreachable(&redirect(&far, 3));
    assert_eq!(ingest.hits(&format!("/picture.png?size=64x64&seed=5&far&for={word}")), 0);

    let elsewhere = ingest.at("picture.png?elsewhere");
    for to in [
        elsewhere.replace("127.0.0.1", "localhost"),
        elsewhere.replace("127.0.0.1", "127.1"),
        elsewhere.replace("http://127.0.0.1", "//0x7f.1"),
        format!("{}/api/projects", stack::url()),
        "http://127.0.0.1:1/".to_owned(),
        "https://192.168.0.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://example.org/".to_owned(),
    ] {
        for hops in [0, 2] {
            let problem = ingest.refused(&redirect(&to, hops)).to_string();
            assert!(!problem.contains(word.as_str()) && !problem.contains("etc/passwd"), "{problem}");
        }
    }
    assert_eq!(ingest.hits(&format!("/picture.png?elsewhere&for={word}")), 0);
    let before = ingest.hits("/_origin/loop");
    let _ = ingest.unreachable(&format!("{}/_origin/loop", stack::emulator_url()));
    assert_eq!(ingest.hits("/_origin/loop") - before, 4, "the first and three more");
    let _ = ingest.unreachable(&ingest.at("status/302"));
    let _ = ingest.unreachable(&ingest.at("status/304"));
}

#[test]
fn what_isnt_a_picture_or_cant_be_had_is_told_in_our_words() {
    let ingest = Ingest::open("origin");
    for what in [
        "html",
        "picture.svg",
        "lying.png",
        "lying.png?bytes=html",
        "lying.png?bytes=svg",
        "lying.png?bytes=zip",
        "lying.html",
    ] {
        let problem = ingest.unacceptable(&ingest.at(what)).to_string();
        assert!(!problem.contains("This is a page") && !problem.contains('<'), "{problem}");
    }
    for (status, class) in [(404, "4xx"), (401, "4xx"), (500, "5xx"), (204, "2xx"), (206, "2xx")] {
        let problem = ingest.unreachable(&ingest.at(&format!("status/{status}")));
        let host = stack::emulator_url().replace("http://", "");
        assert_eq!(problem["detail"], format!("url: {host} answered {class}"));
    }
    let _ = ingest.unreachable(&ingest.at("cut.png"));
}

/// Bytes that keep coming are no excuse: the caller has an answer long before the origin is done.
#[test]
fn a_slow_origin_is_given_up() {
    let ingest = Ingest::open("slow");
    let quick = ingest.fetch(&ingest.at("slow?ms=500&size=64x64&seed=6")).expect(201).json();
    assert_eq!(quick["width"], 64);
    let patient = Caller::with_patience(stack::url(), Some(stack::api_key()), Duration::from_secs(40));
    let body = json!({ "url": ingest.at("slow?ms=80000&size=64x64&seed=6") }).to_string();
    let json = [("content-type", "application/json")];
    let reply = patient.send("POST", &ingest.path(), &json, Body::Bytes(body.as_bytes()));
    let problem = reply.problem_with(422, "image-unreachable", "url");
    assert!(text(&problem["detail"]).contains("10 s"), "{problem}");
}

/// A job's pictures go the same way; which of them it is, the problem says, and nothing is begun.
#[test]
fn a_job_whose_picture_isnt_taken_names_the_field() {
    let (ingest, other) = (Ingest::open("jobfield"), Ingest::open("jobother"));
    let bytes = ingest.bytes("picture.png?size=64x64&seed=8");
    let mine = text(&ingest.send("image/png", &bytes).expect(201).json()["url"]);
    let foreign = text(&other.send("image/png", &bytes).expect(201).json()["url"]);
    for (picture, kind) in [
        ("https://10.0.0.1/a.png".to_owned(), "image-refused"),
        (foreign, "image-refused"),
        (format!("{}/public/artifact/x", stack::url()), "image-refused"),
        (format!("{}-000000000000-0", other.studio.project), "image-refused"),
        (format!("upload:{}", "0".repeat(64)), "image-unreachable"),
        (ingest.at("status/404"), "image-unreachable"),
        (ingest.at("html"), "image-unacceptable"),
    ] {
        for (field, pictures) in [
            ("startImageUrl", json!({ "startImageUrl": picture })),
            (
                "referenceImageUrls[1]",
                json!({ "startImageUrl": mine, "referenceImageUrls": [mine, picture] }),
            ),
            ("mask", json!({ "startImageUrl": mine, "mask": picture })),
        ] {
            let mut job = ingest.studio.job(SCENE, &["openai"], 1);
            job.as_object_mut().unwrap().extend(pictures.as_object().unwrap().clone());
            let _ = ingest.studio.ask(&job).problem_with(422, kind, field);
        }
    }
    assert!(ingest.studio.emulator.calls(&ingest.studio.word).is_empty());
}

/// A phone's picture: its rows lie on their side, and EXIF says so. It's as large as it's seen, for whoever asks and for whoever is
/// sent it.
#[test]
fn a_picture_that_lies_on_its_side_is_turned_upright() {
    let ingest = Ingest::open("turned");
    let mut plain = Cursor::new(Vec::new());
    DynamicImage::from(picture::gradient(320, 240)).write_to(&mut plain, ImageFormat::Jpeg).unwrap();
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut file = plain.into_inner();
    file.splice(2..2, *exif);
    let upload = ingest.send("image/jpeg", &file).expect(201).json();
    assert_eq!((&upload["width"], &upload["height"]), (&json!(240), &json!(320)));

    let studio = &ingest.studio;
    let mut edit = studio.job(SCENE, &["openai", "gemini"], 1);
    edit["startImageUrl"] = upload["url"].clone();
    assert_eq!(studio.watch(&edit).summary()["completed"], 2);
    for provider in ["openai", "gemini"] {
        let calls = studio.emulator.calls_of(provider, &studio.word);
        let sent = &calls[0].entry["images"][0];
        assert_eq!(
            (&sent["width"], &sent["height"]),
            (&json!(240), &json!(320)),
            "{provider}: {}",
            calls[0].entry
        );
    }
}

/// A body that stops coming holds its request as long as it may take, and no longer.
#[test]
fn a_body_that_stalls_is_given_up() {
    let ingest = Ingest::open("stall");
    let address = stack::url();
    let host = address.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    socket.set_read_timeout(Some(wait::LIMIT)).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {host}\r\nx-api-key: {}\r\ncontent-type: application/json\r\n\
         content-length: 40\r\nconnection: close\r\n\r\n{{\"url\":",
        ingest.path(),
        stack::api_key()
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    // However the connection ends after its answer: half of what was announced never came.
    let _ = socket.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let (_, document) = answer.split_once('{').unwrap();
    let (document, _) = document.rsplit_once('}').unwrap();
    let document: Value = serde_json::from_str(&format!("{{{document}}}")).unwrap();
    assert_eq!(document["type"], "urn:picasso:body-timeout");
    assert_eq!(
        (&document["field"], &document["detail"]),
        (&json!("body"), &json!("the body has to be here within 10 s"))
    );
}
