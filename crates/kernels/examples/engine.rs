//! Speed of the CPU engine at the shapes of the benchmarks.
use rekindle_kernels::cpu::*;
use std::time::Instant;
fn main() {
    let kind = match std::env::args().nth(1).as_deref() {
        Some("gru") => Kind::Gru { mirror: false },
        Some("elman") => Kind::Elman { relu: false },
        Some("peep") => Kind::Lstm {
            peephole: true,
            clip: f64::INFINITY,
        },
        _ => Kind::Lstm {
            peephole: false,
            clip: f64::INFINITY,
        },
    };
    let g = match kind {
        Kind::Gru { .. } => 3,
        Kind::Elman { .. } => 1,
        _ => 4,
    };
    for (b, t, i, h) in [
        (32, 130, 128, 64),
        (256, 130, 128, 64),
        (32, 60, 1, 50),
        (64, 100, 256, 256),
        (128, 200, 300, 512),
    ] {
        let mut s = 1u32;
        let mut r = |n: usize, k: f32| -> Vec<f32> {
            (0..n)
                .map(|_| {
                    s = s.wrapping_mul(1664525).wrapping_add(1013904223);
                    ((s >> 8) as f32 / 8388608.0 - 1.0) * k
                })
                .collect()
        };
        let x = r(b * t * i, 1.0);
        let w = r(i * g * h, 0.1);
        let u = r(h * g * h, 0.1);
        let bias = r(g * h, 0.1);
        let cb = r(h, 0.1);
        let ex = r(3 * h, 0.1);
        let dy = r(b * t * h, 1.0);
        let weights = Weights {
            input: &w,
            recurrent: &u,
            bias: Some(&bias),
            candidate_bias: (g == 3).then_some(&cb[..]),
            extra: Some(&ex),
            d_input: i,
            d_hidden: h,
        };
        let given = Given {
            input: &x,
            hidden: None,
            cell: None,
            mask: None,
            d_input: i,
            d_hidden: h,
        };
        let batch = Batch {
            batch_size: b,
            seq_length: t,
            lengths: None,
            reverse: false,
        };
        for path in Path::available() {
            if path.name() == "portable" && std::env::var("P").is_err() {
                continue;
            }
            let engine = Engine {
                path,
                ..Engine::new(None)
            };
            let (mut fw, mut bw) = (vec![], vec![]);
            let reps = if b * t * h > 1000000 { 8 } else { 30 };
            for _ in 0..reps {
                let a = Instant::now();
                let f = engine.forward(kind, &weights, &given, batch, true);
                let m = Instant::now();
                let up = Upstream {
                    hidden: Some(&dy),
                    last_hidden: None,
                    last_cell: None,
                };
                let gr = engine.backward(
                    kind,
                    &weights,
                    &given,
                    (&f.hidden, f.kept.as_ref().unwrap()),
                    up,
                    true,
                );
                std::hint::black_box(&gr);
                let e = Instant::now();
                fw.push((m - a).as_secs_f64() * 1e3);
                bw.push((e - m).as_secs_f64() * 1e3);
            }
            fw.sort_by(f64::total_cmp);
            bw.sort_by(f64::total_cmp);
            let flop = 2.0 * (b * t * (i + h) * g * h) as f64;
            println!(
                "{b}x{t},{i},{h} {:9} fwd {:8.2} ({:5.1} GF/s) bwd {:8.2} ({:5.1} GF/s) sum {:8.2}",
                path.name(),
                fw[reps / 2],
                flop / fw[reps / 2] / 1e6,
                bw[reps / 2],
                2.0 * flop / bw[reps / 2] / 1e6,
                fw[reps / 2] + bw[reps / 2]
            );
        }
    }
}
