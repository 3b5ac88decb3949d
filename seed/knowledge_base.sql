-- Prompt guidance, one tip a row, appended to a prompt by the refinement step of a job. Run it as often as you like: a row
-- is written when it is new or when its version here is higher, so a tip that the team has edited (and given a higher
-- version, as the API does) stays as the team left it, and one that the team has deleted stays deleted. Change a tip here =
-- raise its version.
--
-- value: {id, provider, version, title, tip, when, source}. tip is what gets appended. when.ops: operations it is for.
-- when.any: it applies only if one of these words is in the prompt; absent, it always applies. source: where the
-- provider (for workers the maker of the default model, FLUX) says so.
-- A tip speaks of how to make a picture and names no colour, form or thing, or that would end up in the picture.
-- Together, the tips of workers stay short: flux-1-schnell takes 2048 characters in all.

INSERT INTO knowledge_base (key, value)
SELECT column1, column2 FROM (VALUES
  ('openai/exact-scope',
   '{"id": "openai/exact-scope", "provider": "openai", "version": 1, "title": "Name what stays out", "tip": "Show what the description names, in the numbers and places it gives, and add no watermark, no logo and no lettering that it does not ask for.", "when": {"ops": ["generate"]}, "source": "https://github.com/openai/openai-cookbook/blob/main/examples/multimodal/image-gen-models-prompting-guide.ipynb"}'),
  ('openai/framing-and-light',
   '{"id": "openai/framing-and-light", "provider": "openai", "version": 1, "title": "Framing, viewpoint, light", "tip": "Decide on one framing, one viewpoint and one kind of light that suit the subject, and keep the subject whole and prominent.", "when": {"ops": ["generate"]}, "source": "https://github.com/openai/openai-cookbook/blob/main/examples/multimodal/image-gen-models-prompting-guide.ipynb"}'),
  ('openai/verbatim-lettering',
   '{"id": "openai/verbatim-lettering", "provider": "openai", "version": 2, "title": "Literal text, letter by letter", "tip": "Reproduce quoted wording verbatim and exactly once, spelled letter by letter as quoted, crisp and with strong contrast, with no other wording anywhere.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["text", "word", "words", "wording", "lettering", "caption", "title", "headline", "slogan", "typography", "label", "logo", "poster", "sign"]}, "source": "https://github.com/openai/openai-cookbook/blob/main/examples/multimodal/image-gen-models-prompting-guide.ipynb"}'),
  ('openai/photorealistic',
   '{"id": "openai/photorealistic", "provider": "openai", "version": 2, "title": "Say photorealistic", "tip": "Make it photorealistic, like an unposed real photograph: natural light, believable materials and textures, everyday imperfections, no heavy retouching.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["photo", "photos", "photograph", "photographs", "photographic", "photorealistic", "photography", "realistic"]}, "source": "https://github.com/openai/openai-cookbook/blob/main/examples/multimodal/image-gen-models-prompting-guide.ipynb"}'),
  ('openai/people',
   '{"id": "openai/people", "provider": "openai", "version": 2, "title": "Proportion, gaze, hands", "tip": "Keep proportions natural, let gaze and posture follow the action, and make hands hold and touch things in a believable way.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["portrait", "person", "people", "man", "woman", "men", "women", "child", "children", "boy", "girl", "family", "crowd"]}, "source": "https://github.com/openai/openai-cookbook/blob/main/examples/multimodal/image-gen-models-prompting-guide.ipynb"}'),
  ('gemini/one-scene',
   '{"id": "gemini/one-scene", "provider": "gemini", "version": 1, "title": "A scene, not keywords", "tip": "Treat the description as one coherent scene rather than a list of keywords: let subject, setting, light and mood belong together.", "when": {"ops": ["generate"]}, "source": "https://ai.google.dev/gemini-api/docs/image-generation"}'),
  ('gemini/photographer',
   '{"id": "gemini/photographer", "provider": "gemini", "version": 2, "title": "Think like a photographer", "tip": "Compose it as a photographer would, with a deliberate shot type, camera angle and lens, a clear direction of light, and fine surface texture.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["photo", "photos", "photograph", "photographs", "photographic", "photorealistic", "photography", "realistic"]}, "source": "https://ai.google.dev/gemini-api/docs/image-generation"}'),
  ('gemini/exact-text',
   '{"id": "gemini/exact-text", "provider": "gemini", "version": 2, "title": "Text that reads", "tip": "Render the requested wording exactly as written, free of misspellings, large enough to read, in a lettering style that fits the design.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["text", "word", "words", "wording", "lettering", "caption", "title", "headline", "slogan", "typography", "label", "logo", "poster", "sign"]}, "source": "https://ai.google.dev/gemini-api/docs/image-generation"}'),
  ('gemini/committed-style',
   '{"id": "gemini/committed-style", "provider": "gemini", "version": 2, "title": "One style throughout", "tip": "Commit to the named style throughout, with consistent line work, shading and palette, and clean edges between subject and background.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["illustration", "illustrated", "drawing", "sticker", "icon", "cartoon", "comic", "watercolor", "watercolour", "painting"]}, "source": "https://ai.google.dev/gemini-api/docs/image-generation"}'),
  ('gemini/negative-space',
   '{"id": "gemini/negative-space", "provider": "gemini", "version": 1, "title": "Room around the subject", "tip": "Leave generous uncluttered empty space around a single carefully placed subject, under soft and subtle light.", "when": {"ops": ["generate"], "any": ["minimal", "minimalist", "minimalistic", "banner", "header", "wallpaper"]}, "source": "https://ai.google.dev/gemini-api/docs/image-generation"}'),
  ('workers/subject-first',
   '{"id": "workers/subject-first", "provider": "workers", "version": 1, "title": "The subject comes first", "tip": "Give the subject that is described first the most weight, and let everything described after it support that subject.", "when": {"ops": ["generate"]}, "source": "https://docs.bfl.ai/guides/prompting_unified_building"}'),
  ('workers/positive-space',
   '{"id": "workers/positive-space", "provider": "workers", "version": 1, "title": "Say what is there", "tip": "Keep every remaining area calm, clean and true to the setting, with plain unmarked surfaces.", "when": {"ops": ["generate"]}, "source": "https://docs.bfl.ai/guides/prompting_unified_technical"}'),
  ('workers/camera',
   '{"id": "workers/camera", "provider": "workers", "version": 2, "title": "Camera and lens", "tip": "Make it look like it was taken with a full-frame camera and a fast prime lens: natural light, shallow depth of field, organic grain.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["photo", "photos", "photograph", "photographs", "photographic", "photorealistic", "photography", "realistic"]}, "source": "https://docs.bfl.ai/guides/prompting_unified_style"}'),
  ('workers/named-style',
   '{"id": "workers/named-style", "provider": "workers", "version": 2, "title": "Name and describe the style", "tip": "Carry the named style into every part, with its typical line, texture, palette and finish.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["illustration", "illustrated", "drawing", "cartoon", "comic", "watercolor", "watercolour", "painting", "render", "vintage", "retro"]}, "source": "https://docs.bfl.ai/guides/prompting_unified_style"}'),
  ('workers/quoted-text',
   '{"id": "workers/quoted-text", "provider": "workers", "version": 2, "title": "Text in quotation marks", "tip": "Set the wording in quotation marks exactly as quoted, prominent, evenly spaced, in one simple typeface.", "when": {"ops": ["generate", "edit", "inpaint", "outpaint", "variation"], "any": ["text", "word", "words", "wording", "lettering", "caption", "title", "headline", "slogan", "typography", "label", "logo", "poster", "sign"]}, "source": "https://docs.bfl.ai/guides/prompting_unified_style"}')
)
WHERE NOT EXISTS (SELECT 1 FROM knowledge_versions
  WHERE key = column1 AND value IS NULL AND version >= json_extract(column2, '$.version'))
ON CONFLICT (key) DO UPDATE SET value = excluded.value
WHERE NOT json_valid(knowledge_base.value)
   OR coalesce(json_extract(knowledge_base.value, '$.version'), 0) < json_extract(excluded.value, '$.version');
