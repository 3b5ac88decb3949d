//! PBKDF2 by the platform's `WebCrypto`: native code, where wasm would need many times as long.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use js_sys::{Array, Object, Reflect, Uint8Array};
use picasso_actors::artifact::link::Recipe;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// Bits that are derived.
const BITS: u32 = 256;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = importKey)]
    async fn import_key(
        format: &str,
        key: &Uint8Array,
        algorithm: &str,
        extractable: bool,
        usages: &Array,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = deriveBits)]
    async fn derive_bits(algorithm: &Object, key: &JsValue, bits: u32) -> Result<JsValue, JsValue>;
}

/// What derives from `password` by `recipe`, as base64url.
///
/// # Errors
/// What the platform says: workerd refuses more than 100,000 rounds.
pub async fn derive(password: &str, recipe: &Recipe) -> worker::Result<String> {
    let bytes = |text: &str| Uint8Array::from(text.as_bytes());
    let usages = Array::of1(&"deriveBits".into());
    let key = import_key("raw", &bytes(password), "PBKDF2", false, &usages).await?;
    let algorithm = Object::new();
    for (name, value) in [
        ("name", "PBKDF2".into()),
        ("hash", "SHA-256".into()),
        ("salt", bytes(&recipe.salt).into()),
        ("iterations", recipe.iterations.into()),
    ] {
        Reflect::set(&algorithm, &name.into(), &value)?;
    }
    let derived = derive_bits(&algorithm, &key, BITS).await?;
    Ok(URL_SAFE_NO_PAD.encode(Uint8Array::new(&derived).to_vec()))
}
