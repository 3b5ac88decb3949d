//! Picture sizes in each provider's terms.

/// Pixels of a side beyond which nothing is painted, whatever a provider allows.
pub const MAX_SIDE: u32 = 4096;

/// Sizes of the models before gpt-image-2.
const CLASSIC: [(u32, u32); 3] = [(1024, 1024), (1536, 1024), (1024, 1536)];

/// Reads `OpenAI`'s `size`: any that keeps the rules, or one of the three classic ones. `auto` follows what the prompt
/// says about its format.
///
/// # Errors
/// The sentence that `OpenAI` answers.
pub fn openai(size: &str, prompt: &str, any: bool) -> Result<(u32, u32), String> {
    if size == "auto" {
        let prompt = prompt.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| prompt.contains(word));
        return Ok(if says(&["landscape", "panorama", "wide", "banner"]) {
            (1536, 1024)
        } else if says(&["portrait", "poster", "tall", "vertical"]) {
            (1024, 1536)
        } else {
            (1024, 1024)
        });
    }
    let sides =
        size.split_once('x').and_then(|(w, h)| Some((w.parse::<u32>().ok()?, h.parse::<u32>().ok()?)));
    let Some((w, h)) = sides else {
        return Err(format!("Invalid value: '{size}'. Expected 'auto' or 'WIDTHxHEIGHT'."));
    };
    if !any && !CLASSIC.contains(&(w, h)) {
        return Err(format!(
            "Invalid value: '{size}'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'."
        ));
    }
    if w == 0 || h == 0 || w % 16 != 0 || h % 16 != 0 {
        return Err(format!("Invalid size '{size}'. Width and height must be divisible by 16."));
    }
    if w > 3840 || h > 3840 {
        return Err(format!("Invalid size '{size}'. The longest side must be at most 3840 pixels."));
    }
    if w > h * 3 || h > w * 3 {
        return Err(format!("Invalid size '{size}'. The aspect ratio must be between 1:3 and 3:1."));
    }
    if !(655_360..=8_294_400).contains(&(w * h)) {
        return Err(format!("Invalid size '{size}'. The pixel count must be between 655360 and 8294400."));
    }
    Ok((w, h))
}

/// The size that `auto` means for an edit: the start image's own where that may be asked for, else the classic one of
/// the nearest shape.
pub fn openai_like((w, h): (u32, u32), any: bool) -> (u32, u32) {
    if any && openai(&format!("{w}x{h}"), "", true).is_ok() {
        return (w, h);
    }
    let [square, wide, tall] = CLASSIC;
    if w * 4 >= h * 5 {
        wide
    } else if h * 4 >= w * 5 {
        tall
    } else {
        square
    }
}

/// Gemini's shapes, the usual ones and then the extreme ones of the newest model.
const RATIOS: [(&str, u32, u32); 14] = [
    ("1:1", 1024, 1024),
    ("2:3", 848, 1264),
    ("3:2", 1264, 848),
    ("3:4", 896, 1200),
    ("4:3", 1200, 896),
    ("4:5", 928, 1152),
    ("5:4", 1152, 928),
    ("9:16", 768, 1376),
    ("16:9", 1376, 768),
    ("21:9", 1584, 672),
    ("1:4", 512, 2048),
    ("4:1", 2048, 512),
    ("1:8", 384, 3072),
    ("8:1", 3072, 384),
];

/// The shape that Gemini takes for a start image when none is asked for: the nearest of the usual ones.
pub fn gemini_like((w, h): (u32, u32)) -> &'static str {
    let want = f64::from(w.max(1)) / f64::from(h.max(1));
    let far = |(_, w, h): &(&str, u32, u32)| (f64::from(*w) / f64::from(*h) / want).ln().abs();
    let nearest = RATIOS.iter().take(10).min_by(|one, other| far(one).total_cmp(&far(other)));
    nearest.map_or("1:1", |(name, _, _)| name)
}

/// Gemini's pixels for an aspect ratio and a size class; `None` for what it doesn't know.
pub fn gemini(ratio: &str, class: &str) -> Option<(u32, u32)> {
    let &(_, w, h) = RATIOS.iter().find(|(name, _, _)| *name == ratio)?;
    let factor = match class {
        "1K" => 1,
        "2K" => 2,
        "4K" => 4,
        _ => return None,
    };
    let (w, h) = (w * factor, h * factor);
    // The real service goes beyond; the shape is what counts here.
    let longest = w.max(h);
    if longest <= MAX_SIDE {
        return Some((w, h));
    }
    Some((w * MAX_SIDE / longest, h * MAX_SIDE / longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openai_sizes_keep_its_rules() {
        assert_eq!(openai("1024x1536", "", false), Ok((1024, 1536)));
        assert_eq!(openai("auto", "a wide beach", true), Ok((1536, 1024)));
        assert_eq!(openai("auto", "a cup", true), Ok((1024, 1024)));
        for bad in [
            "",
            "big",
            "1024",
            "1024x",
            "-16x16",
            "0x0",
            "1000x1001",
            "512x512",
            "4096x4096",
            "4000000000x16",
            "3840x1024",
        ] {
            assert!(openai(bad, "", true).is_err(), "{bad}");
        }
        assert!(openai("1280x720", "", false).is_err() && openai("1280x720", "", true).is_ok());
        assert_eq!(openai_like((1280, 720), true), (1280, 720));
        assert_eq!(openai_like((1280, 720), false), (1536, 1024));
        assert_eq!(openai_like((100, 300), true), (1024, 1536));
        assert_eq!(openai_like((100, 110), true), (1024, 1024));
    }

    #[test]
    fn gemini_sizes_stay_within_the_cap() {
        assert_eq!(gemini("16:9", "1K"), Some((1376, 768)));
        assert_eq!(gemini("1:1", "4K"), Some((4096, 4096)));
        assert_eq!(gemini("8:1", "4K"), Some((4096, 512)));
        assert_eq!(gemini("7:3", "1K"), None);
        assert_eq!((gemini_like((800, 600)), gemini_like((1, 9000))), ("4:3", "9:16"));
        assert_eq!(gemini("1:1", "512"), None);
    }
}
