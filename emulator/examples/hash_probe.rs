use image_hasher::{HashAlg, HasherConfig};
use picasso_emulator::paint::{Order, paint};
use picasso_emulator::scene::Brief;
use picasso_emulator::service::Provider;
fn main() {
    let hasher = HasherConfig::new().hash_size(16, 16).hash_alg(HashAlg::Median).preproc_dct().to_hasher();
    for prompt in std::env::args().skip(1) {
        let scene = Brief::read(&prompt).scene;
        let mut all = vec![];
        print!("{prompt}: ");
        for provider in Provider::ALL {
            let hashes: Vec<_> = (1..=40)
                .map(|n: u64| {
                    if std::env::var_os("RANDOM").is_some() {
                        n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33
                    } else {
                        n
                    }
                })
                .map(|variant| {
                    hasher.hash_image(&paint(&Order {
                        provider,
                        size: (320, 320),
                        variant,
                        miss: false,
                        twin: None,
                        scene: scene.clone(),
                    }))
                })
                .collect();
            let mut ds: Vec<u32> = vec![];
            let mut adj = u32::MAX;
            for i in 0..hashes.len() {
                for j in 0..i {
                    let d = hashes[i].dist(&hashes[j]);
                    ds.push(d);
                    if i == j + 1 {
                        adj = adj.min(d);
                    }
                }
            }
            ds.sort();
            let near = ds.iter().filter(|d| **d <= 60).count() * 1000 / ds.len();
            print!(" {provider:?} near {near}/1000 min {} adj {adj} med {};", ds[0], ds[ds.len() / 2]);
            all.push(hashes);
        }
        let mut x: Vec<u32> =
            all[0].iter().flat_map(|a| all[1].iter().chain(&all[2]).map(|b| a.dist(b))).collect();
        x.sort();
        println!(" cross min {}", x[0]);
    }
}
