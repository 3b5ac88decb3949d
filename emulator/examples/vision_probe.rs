use picasso_emulator::encode::{Format, encode};
use picasso_emulator::paint::{Order, paint};
use picasso_emulator::scene::Brief;
use picasso_emulator::service::Provider;
use picasso_emulator::vision;
fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap();
    let seeds: u64 = args.next().unwrap().parse().unwrap();
    let side: u32 = args.next().unwrap().parse().unwrap();
    let matrix = args.next().is_some();
    let prompts: Vec<String> =
        std::fs::read_to_string(file).unwrap().lines().filter(|l| !l.is_empty()).map(str::to_owned).collect();
    let (mut n, mut bad, mut missed, mut m) = (0, 0, 0, 0);
    let mut firsts = vec![];
    for prompt in &prompts {
        let scene = Brief::read(prompt).scene;
        for provider in Provider::ALL {
            for variant in 1..=seeds {
                for miss in [false, true] {
                    let order = Order {
                        provider,
                        size: (side, side),
                        variant,
                        miss,
                        twin: None,
                        scene: scene.clone(),
                    };
                    let bytes = encode(&paint(&order), Format::Jpeg, 90).unwrap();
                    let v = vision::judged(prompt, &bytes).unwrap();
                    let pass = v["verdict"] == "pass";
                    if miss {
                        m += 1;
                        if pass {
                            missed += 1;
                            println!("MISS PASSED {provider:?} {variant} {prompt}");
                        }
                    } else {
                        n += 1;
                        if !pass {
                            bad += 1;
                            println!("HONEST FAILED {provider:?} {variant} {prompt}: {}", v["notes"]);
                        }
                    }
                    if !miss && variant == 1 {
                        firsts.push((prompt.clone(), bytes));
                    }
                }
            }
        }
    }
    println!("honest {bad}/{n} failed; miss {missed}/{m} passed");
    if matrix {
        let (mut wrong, mut all) = (0, 0);
        for (p, bytes) in &firsts {
            for q in &prompts {
                if p == q {
                    continue;
                }
                all += 1;
                if vision::judged(q, bytes).unwrap()["verdict"] == "pass" {
                    wrong += 1;
                    println!("CROSS: picture of [{p}] passed for [{q}]");
                }
            }
        }
        println!("cross {wrong}/{all} passed");
    }
}
