//! What a delivered file tells of its making: found again where readers look for it, with every pixel as it was.

use image::{ImageDecoder as _, ImageFormat};
use picasso_actors::job::delivery::{Ask, HOSTED_BYTES_MAX, Made};
use picasso_actors::picture::decode::decode;
use picasso_actors::picture::disclosure::{Disclosure, Provenance, Source, disclose, provenance};
use picasso_actors::picture::{PIXELS_MAX, check};
use picasso_actors::provider::Provider;

use crate::corpus;
use crate::files::{encode, fading, gif, jpeg, png, riff, scene, vp8x, webp_of};

const TOLD: Disclosure<'_> = Disclosure {
    source: Source::Generated,
    provider: "openai",
    model: "gpt-image <2> & \"more\"",
    created: "2026-11-22T20:00:00Z",
};

/// XMP as another reader finds it.
fn xmp(bytes: &[u8]) -> Option<String> {
    let reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().unwrap();
    let packet = reader.into_decoder().unwrap().xmp_metadata().unwrap();
    packet.map(|packet| String::from_utf8(packet).unwrap())
}

#[test]
fn a_reader_of_xmp_finds_what_is_told() {
    for bytes in [
        png(scene(40, 30, 0)),
        png(fading(40, 30)),
        jpeg(&scene(40, 30, 0), 80),
        encode(scene(41, 31, 0), ImageFormat::WebP),
        encode(fading(40, 30), ImageFormat::WebP),
    ] {
        assert_eq!(xmp(&bytes), None);
        let copy = disclose(&bytes, &TOLD).unwrap();
        let packet = xmp(&copy).unwrap();
        for told in [
            "Iptc4xmpExt:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\"",
            "photoshop:Credit=\"openai\"",
            "xmp:CreatorTool=\"openai gpt-image &lt;2&gt; &amp; &quot;more&quot;\"",
            "xmp:CreateDate=\"2026-11-22T20:00:00Z\"",
        ] {
            assert!(packet.contains(told), "{told} in {packet}");
        }
        assert_eq!(check(&copy, None).unwrap(), check(&bytes, None).unwrap());
        assert_eq!(decode(&copy, PIXELS_MAX).unwrap(), decode(&bytes, PIXELS_MAX).unwrap());
        // Told again, it's told once, and differently.
        let composite = Disclosure { source: Source::Composite, model: "m", ..TOLD };
        let again = disclose(&copy, &composite).unwrap();
        let packet = xmp(&again).unwrap();
        assert!(packet.contains("/compositeWithTrainedAlgorithmicMedia\""));
        assert_eq!(again.windows(22).filter(|bytes| *bytes == b"W5M0MpCehiHzreSzNTczkc").count(), 1);
        assert_eq!(disclose(&again, &composite).unwrap(), again);
    }
}

#[test]
fn every_honest_file_can_tell_or_says_that_it_cant() {
    for case in corpus::all() {
        let corpus::Expect::Picture(media_type, ..) = case.expect else { continue };
        let copy = disclose(&case.bytes, &TOLD);
        if media_type == "image/gif" {
            assert!(copy.unwrap_err().message.contains("only PNG, JPEG and WebP"));
            continue;
        }
        let pixels = decode(&copy.unwrap(), PIXELS_MAX).unwrap();
        assert_eq!(pixels, decode(&case.bytes, PIXELS_MAX).unwrap(), "{}", case.name);
    }
    assert!(disclose(&gif(4, 4, &[[1, 2, 3]]), &TOLD).is_err());
}

#[test]
fn a_cut_file_isnt_passed_on() {
    for bytes in [png(scene(40, 30, 0)), jpeg(&scene(40, 30, 0), 80)] {
        assert!(disclose(&bytes[..bytes.len() - 1], &TOLD).is_err());
    }
}

#[test]
fn a_providers_manifest_is_seen_and_left_out_of_the_copy() {
    let manifest = b"JP\0\x01\0\0\0\x01\0\0\0\x10jumbc2pa";
    let mut in_png = png(scene(40, 30, 0));
    let crc = crate::files::crc(&[b"caBX", &manifest[..]].concat()).to_be_bytes();
    let chunk = [&(manifest.len() as u32).to_be_bytes()[..], b"caBX", manifest, &crc].concat();
    in_png.splice(33..33, chunk);
    let mut in_jpeg = jpeg(&scene(40, 30, 0), 80);
    let length = (manifest.len() as u16 + 2).to_be_bytes();
    in_jpeg.splice(2..2, [&[0xff, 0xeb][..], &length, manifest].concat());
    let still = encode(scene(40, 30, 0), ImageFormat::WebP);
    let in_webp = webp_of(&[&vp8x(40, 30, 0), &still[12..], &riff(*b"C2PA", manifest)].concat());
    for bytes in [in_png, in_jpeg, in_webp] {
        assert_eq!(provenance(&bytes), Some(Provenance { bytes: manifest.len() }));
        let copy = disclose(&bytes, &TOLD).unwrap();
        assert_eq!(provenance(&copy), None);
        assert!(xmp(&copy).unwrap().contains("trainedAlgorithmicMedia"));
        assert_eq!(decode(&copy, PIXELS_MAX).unwrap(), decode(&bytes, PIXELS_MAX).unwrap());
    }
    assert_eq!(provenance(&png(scene(40, 30, 0))), None);
    assert_eq!(provenance(b"no picture"), None);
}

fn ask(source: Source) -> Ask {
    let made = Made { source, provider: Provider::Openai, model: "m".to_owned(), at: 1_795_348_800_000 };
    Ask { key: String::new(), image_id: String::new(), made, address: None, again: false }
}

#[test]
fn what_images_would_host_is_delivered_pixel_for_pixel() {
    let original = png(scene(40, 30, 0));
    let copy = ask(Source::Composite).copy(&original).unwrap();
    let packet = xmp(&copy).unwrap();
    assert!(packet.contains("/compositeWithTrainedAlgorithmicMedia\""), "{packet}");
    assert!(packet.contains("xmp:CreateDate=\"2026-11-22T12:00:00Z\""), "{packet}");
    assert_eq!(decode(&copy, PIXELS_MAX).unwrap(), decode(&original, PIXELS_MAX).unwrap());
}

#[test]
fn what_is_too_large_for_images_is_written_smaller_and_tells_all_the_same() {
    let mut random = fastrand::Rng::with_seed(1);
    let noise = image::RgbImage::from_fn(2_000, 1_800, |_, _| {
        image::Rgb([random.u8(..), random.u8(..), random.u8(..)])
    });
    let original = png(noise);
    assert!(original.len() > HOSTED_BYTES_MAX);
    let copy = ask(Source::Generated).copy(&original).unwrap();
    assert!(copy.len() <= HOSTED_BYTES_MAX, "{}", copy.len());
    assert!(xmp(&copy).unwrap().contains("/trainedAlgorithmicMedia\""));
    let sniffed = check(&copy, None).unwrap();
    assert_eq!((sniffed.width, sniffed.height), (2_000, 1_800));
}

/// The packet of a file, to the byte: other tools parse it.
#[test]
fn the_packet_is_pinned() {
    let packet = xmp(&disclose(&png(scene(4, 4, 0)), &Disclosure { model: "m", ..TOLD }).unwrap()).unwrap();
    assert_eq!(
        packet,
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
         xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         Iptc4xmpExt:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\" \
         photoshop:Credit=\"openai\" xmp:CreatorTool=\"openai m\" xmp:CreateDate=\"2026-11-22T20:00:00Z\"/>\
         </rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
    );
}
