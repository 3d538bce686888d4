//! `run` and `evaluate`, written once for every kind of task.

use crate::error::{Result, TaskError};
use crate::files;
use crate::fit::{self, Batcher, Buckets, FitConfig, FitData, History, Trainable};
use crate::run_dir::{RunConfig, RunDir};
use crate::say;
use crate::settings::{self, Resolved, Settings, TaskFile};
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What the steps of a run share.
pub struct Work<'a, S> {
    /// Where and how it runs.
    pub context: &'a Context,
    /// The task.
    pub file: &'a TaskFile,
    /// Its settings, resolved.
    pub settings: S,
    /// The seed.
    pub seed: u64,
    /// Rows to keep.
    pub limit: Option<usize>,
}

/// Data as they were read.
pub struct Loaded<D> {
    /// The data.
    pub data: D,
    /// What they are, for the report.
    pub about: DataSummary,
    /// What was noticed while reading.
    pub notes: Vec<String>,
    /// The files that were read.
    pub sources: Vec<PathBuf>,
}

/// A network of a run, and the items it is fitted on.
pub struct NetworkPlan {
    /// Which of the program's networks it is; the program counts.
    pub part: usize,
    /// Folder of its checkpoints, where a run has several.
    pub folder: Option<String>,
    /// What is said when its turn comes.
    pub title: Option<String>,
    /// How it is fitted.
    pub fit: FitConfig,
    /// Items to train on.
    pub train: Vec<u32>,
    /// Largest number of items drawn from `train` in an epoch.
    pub train_per_epoch: usize,
    /// Items to validate on; the last epoch is kept where there are none.
    pub valid: Vec<u32>,
    /// Batches of items of about the same length, if set.
    pub buckets: Option<Buckets>,
}

/// What a page is made of.
pub struct PageInput<'a, P: Program + ?Sized> {
    /// The figures.
    pub summary: &'a Summary,
    /// What was noticed.
    pub notes: &'a [String],
    /// One a network; empty in an evaluation.
    pub histories: &'a [History],
    /// What the model said of the test part.
    pub tested: &'a P::Tested,
    /// The model.
    pub model: &'a P::Model,
    /// Where it runs.
    pub context: &'a Context,
}

/// A kind of task: what differs between kinds in a run and an evaluation.
pub trait Program: Sync {
    /// Settings that can be changed for a trained run.
    const CHANGEABLE: &'static [&'static str] = &[];
    /// Its settings.
    type Settings: Settings + Default;
    /// What its files hold.
    type Data;
    /// Parts, and everything fitted on the training part before any network is.
    type Prepared;
    /// A network in training.
    type Network: Module + Trainable;
    /// What answers: the fitted networks and all they need.
    type Model;
    /// Answers on a test part, beside the truth and the baselines'.
    type Tested;

    /// Finds and reads the data, and settles what the settings leave open.
    fn load(&self, work: &mut Work<Self::Settings>) -> Result<Loaded<Self::Data>>;

    /// Splits the data, and fits what comes before networks on the training part alone.
    fn prepare(
        &self,
        work: &mut Work<Self::Settings>,
        loaded: &mut Loaded<Self::Data>,
    ) -> Result<Self::Prepared>;

    /// The networks to fit.
    fn networks(
        &self,
        work: &Work<Self::Settings>,
        data: &Self::Data,
        prepared: &Self::Prepared,
    ) -> Vec<NetworkPlan>;

    /// An untrained network; the device's random numbers start at the plan's seed.
    fn network(
        &self,
        work: &Work<Self::Settings>,
        data: &Self::Data,
        prepared: &Self::Prepared,
        plan: &NetworkPlan,
    ) -> Self::Network;

    /// Makes batches.
    fn batcher<'a>(
        &'a self,
        work: &'a Work<Self::Settings>,
        data: &'a Self::Data,
        prepared: &'a Self::Prepared,
        plan: &NetworkPlan,
    ) -> impl Batcher<Batch = <Self::Network as Trainable>::Batch> + 'a;

    /// The networks that answer, of all that were fitted; the others are there to compare.
    fn chosen(&self, _settings: &Self::Settings, networks: usize) -> Range<usize> {
        0..networks
    }

    /// Makes all choices that are left on validation, then tests once. What is worth knowing of the
    /// choices goes into the notes.
    fn test(
        &self,
        work: &Work<Self::Settings>,
        data: &Self::Data,
        prepared: &Self::Prepared,
        networks: Vec<Self::Network>,
        notes: &mut Vec<String>,
    ) -> Result<(Self::Model, Self::Tested)>;

    /// The networks to fit on all rows once the test is over; none where the tested ones are kept.
    fn refit(
        &self,
        _work: &Work<Self::Settings>,
        _data: &Self::Data,
        _prepared: &mut Self::Prepared,
        _histories: &[History],
    ) -> Result<Option<Vec<NetworkPlan>>> {
        Ok(None)
    }

    /// Puts networks fitted on all rows into the model.
    fn refitted(
        &self,
        _work: &Work<Self::Settings>,
        _data: &Self::Data,
        _prepared: &Self::Prepared,
        model: Self::Model,
        _networks: Vec<Self::Network>,
        _notes: &mut Vec<String>,
    ) -> Result<Self::Model> {
        Ok(model)
    }

    /// Puts the figures of a test into a summary.
    fn fill(&self, tested: &Self::Tested, summary: &mut Summary);

    /// Writes all of the model's files.
    fn write(&self, model: &Self::Model, run: &RunDir) -> Result<()>;

    /// Reads a model back.
    fn open(
        &self,
        run: &RunDir,
        settings: Self::Settings,
        context: &Context,
    ) -> Result<Self::Model>;

    /// Tests a model on a labelled file.
    fn evaluate(
        &self,
        model: &Self::Model,
        run: &RunDir,
        input: &Path,
        context: &Context,
    ) -> Result<(Self::Tested, DataSummary, Vec<String>)>;

    /// `report.html`.
    fn page(&self, input: &PageInput<'_, Self>) -> String;

    /// More files beside the report: names and contents.
    fn beside(&self, _input: &PageInput<'_, Self>) -> Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }
}

/// Trains, tests, and leaves a run directory.
///
/// # Errors
/// Bad settings, bad data, and what stops training.
pub fn run<P: Program>(
    program: &P,
    context: &Context,
    file: &TaskFile,
    request: &RunRequest,
) -> Result<Summary> {
    let Resolved {
        settings,
        seed,
        limit,
    } = settings::resolve::<P::Settings>(file, request)?;
    let mut work = Work {
        context,
        file,
        settings,
        seed,
        limit,
    };
    let mut loaded = program.load(&mut work)?;
    say!("data: {}", loaded.about.source);
    let said = loaded.notes.len();
    loaded.notes.iter().for_each(|note| say!("  {note}"));
    let mut prepared = program.prepare(&mut work, &mut loaded)?;
    loaded.notes[said..]
        .iter()
        .for_each(|note| say!("  {note}"));

    let run = RunDir::start(
        request,
        RunConfig::new(
            file,
            context,
            &work.settings,
            (seed, limit),
            &loaded.sources,
        )?,
    )?;
    let (data, mut notes) = (&loaded.data, loaded.notes.clone());
    let fitting = Fitting {
        program,
        work: &work,
        data,
        run: &run,
        resume: request.resume,
    };
    let plans = program.networks(&work, data, &prepared);
    let (networks, histories) = fitting.fit(&prepared, plans)?;
    let chosen = program.chosen(&work.settings, networks.len());
    let train = train_summary(&histories, &networks, chosen);
    let (mut model, tested) = program.test(&work, data, &prepared, networks, &mut notes)?;

    let mut summary = Summary {
        data: loaded.about.clone(),
        train,
        ..Summary::new(file.name(), context.backend, seed)
    };
    program.fill(&tested, &mut summary);
    if let Some(plans) = program.refit(&work, data, &mut prepared, &histories)? {
        let note = format!(
            "the kept model was fitted once more on all rows, test part included, for {}; the \
             figures are those of the model before that",
            epochs(&plans)
        );
        say!("{note}");
        notes.push(note);
        let (networks, again) = fitting.fit(&prepared, plans)?;
        summary.train.seconds += again.iter().map(History::seconds).sum::<f64>();
        model = program.refitted(&work, data, &prepared, model, networks, &mut notes)?;
    }
    let summary = summary.finite();

    program.write(&model, &run)?;
    let csv: String = histories.iter().map(History::to_csv).collect();
    files::write_atomic(&run.file("metrics.csv"), csv.as_bytes())?;
    let page = PageInput {
        summary: &summary,
        notes: &notes,
        histories: &histories,
        tested: &tested,
        model: &model,
        context,
    };
    report(program, &run, &page)?;
    Ok(summary)
}

/// Writes the report and what stands beside it.
fn report<P: Program>(program: &P, run: &RunDir, input: &PageInput<'_, P>) -> Result<()> {
    for (name, content) in program.beside(input)? {
        files::write_atomic(&run.file(&name), content.as_bytes())?;
    }
    run.write_report(&program.page(input), input.summary)
}

/// Epochs of a refit, in words.
fn epochs(plans: &[NetworkPlan]) -> String {
    let each: Vec<String> = plans
        .iter()
        .map(|plan| plan.fit.epochs.to_string())
        .collect();
    match &each[..] {
        [one] if one == "1" => "1 epoch".to_string(),
        _ => format!("{} epochs", each.join(" and ")),
    }
}

type Fits<P> = (Vec<<P as Program>::Network>, Vec<History>);

/// What every fit of a run shares.
struct Fitting<'a, P: Program> {
    program: &'a P,
    work: &'a Work<'a, P::Settings>,
    data: &'a P::Data,
    run: &'a RunDir,
    resume: bool,
}

impl<P: Program> Fitting<'_, P> {
    fn fit(&self, prepared: &P::Prepared, plans: Vec<NetworkPlan>) -> Result<Fits<P>> {
        let (program, work) = (self.program, self.work);
        let (mut networks, mut histories) = (Vec::new(), Vec::new());
        for plan in plans {
            if let Some(title) = &plan.title {
                say!("{title}");
            }
            work.context.device.seed(plan.fit.seed);
            let network = program.network(work, self.data, prepared, &plan);
            let batcher = program.batcher(work, self.data, prepared, &plan);
            let items = FitData {
                batcher: &batcher,
                train: plan.train,
                train_per_epoch: plan.train_per_epoch,
                valid: plan.valid,
                buckets: plan.buckets,
            };
            let folder = plan.folder.as_deref();
            let fitted = fit::fit(
                work.context,
                network,
                items,
                &plan.fit,
                self.run,
                folder,
                self.resume,
            )?;
            networks.push(fitted.model);
            histories.push(fitted.history);
        }
        Ok((networks, histories))
    }
}

/// How the chosen networks were trained; seconds are those of all.
fn train_summary<M: Module>(
    histories: &[History],
    networks: &[M],
    chosen: Range<usize>,
) -> TrainSummary {
    let of_chosen = &histories[chosen.clone()];
    let first = of_chosen.first();
    TrainSummary {
        epochs: of_chosen.iter().map(|history| history.rows.len()).sum(),
        best_epoch: first.and_then(History::best).map_or(0, |row| row.epoch),
        seconds: histories.iter().map(History::seconds).sum(),
        samples_per_second: first.map_or(0.0, History::samples_per_second),
        parameters: networks[chosen].iter().map(Module::num_params).sum(),
    }
}

/// Opens a saved run, with the settings that were changed.
///
/// # Errors
/// A damaged run, and settings that cannot be changed.
pub fn open<P: Program>(
    program: &P,
    context: &Context,
    file: &TaskFile,
    run: &RunDir,
) -> Result<(RunConfig, P::Model)> {
    let config = run.read_config()?;
    let settings = settings::of_run::<P::Settings>(file, &config)?;
    let fixed = |(name, _): &&(String, String)| !P::CHANGEABLE.contains(&name.as_str());
    if let Some((name, _)) = context.set.iter().find(fixed) {
        let help = match P::CHANGEABLE {
            [] => "leave --set out: this task's trained runs have nothing to change".to_string(),
            names => format!("what can be changed is: {}", names.join(", ")),
        };
        return Err(TaskError::usage(
            format!("the setting {name} of a trained run cannot be changed"),
            help,
        ));
    }
    let settings = match context.set.is_empty() {
        true => settings,
        false => settings::change(settings, &context.set)?,
    };
    let model = program.open(run, settings, context)?;
    Ok((config, model))
}

/// Tests a saved run on another labelled file.
///
/// # Errors
/// A damaged run, and bad data.
pub fn evaluate<P: Program>(
    program: &P,
    context: &Context,
    file: &TaskFile,
    run: &RunDir,
    input: &Path,
    out: Option<&Path>,
) -> Result<Summary> {
    out.map_or(Ok(()), RunDir::refuse_full)?;
    let (config, model) = open(program, context, file, run)?;
    let (tested, about, notes) = program.evaluate(&model, run, input, context)?;
    notes.iter().for_each(|note| context.tell(note));
    let mut summary = Summary {
        data: about,
        ..Summary::new(&config.task, context.backend, config.seed)
    };
    program.fill(&tested, &mut summary);
    let summary = summary.finite();
    if let Some(out) = out {
        let out = RunDir::create(out, false)?;
        let page = PageInput {
            summary: &summary,
            notes: &notes,
            histories: &[],
            tested: &tested,
            model: &model,
            context,
        };
        report(program, &out, &page)?;
    }
    Ok(summary)
}
