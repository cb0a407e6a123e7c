# Numbers of R's survey package for the respondents in inputs.csv, written to numbers.csv.
# Run from the project's folder: Rscript tests/reference/numbers.R
suppressMessages(library(survey))
here <- "tests/reference"
d <- read.csv(file.path(here, "inputs.csv"))
rows <- list()
put <- function(case, statistic, domain, variable, estimate, se, low = NA, high = NA) {
  rows[[length(rows) + 1]] <<- data.frame(case, statistic, domain, variable,
    estimate = as.numeric(estimate), se = as.numeric(se), low = as.numeric(low), high = as.numeric(high))
}
amounts <- c("turnover_total", "turnover_defence", "export_defence", "fte_defence")
answers <- function(case, design) {
  for (name in amounts) {
    f <- as.formula(paste0("~", name))
    t <- svytotal(f, design)
    ci <- confint(t, df = degf(design))
    put(case, "total", "all", name, coef(t), SE(t), ci[1], ci[2])
    by <- svyby(f, ~place, design, svytotal)
    m <- svyby(f, ~place, design, svymean)
    for (i in seq_len(nrow(by))) {
      put(case, "total", by$place[i], name, by[[name]][i], SE(by)[i])
      put(case, "mean", m$place[i], name, m[[name]][i], SE(m)[i])
    }
  }
  r <- svyby(~turnover_defence, denominator = ~turnover_total, by = ~place, design, svyratio)
  for (i in seq_len(nrow(r))) {
    put(case, "ratio", r$place[i], "turnover_defence/turnover_total", r[[2]][i], r[[3]][i])
  }
  both <- svytotal(~ turnover_defence + turnover_defence_2025, design)
  change <- svycontrast(both, quote(turnover_defence_2025 / turnover_defence - 1))
  put(case, "change", "all", "turnover_defence", coef(change), SE(change))
}
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~w, fpc = ~N, data = d)
answers("stratified", design)
for (p in c(0.25, 0.5, 0.9)) {
  q <- svyquantile(~turnover_defence, design, p, ci = TRUE)$turnover_defence
  put("stratified", paste0("quantile@", p), "all", "turnover_defence", q[1], q[4], q[2], q[3])
}

# Calibration to counts and employees of the units that are not taken in full; the others stay.
d$free <- 1 - d$certainty
for (code in 0:1) d[[paste0("count", code)]] <- d$free * (d$mod_business == code)
d$size <- d$free * d$employees
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~w, fpc = ~N, data = d)
totals <- c(count0 = 545, count1 = 524, size = 1.06 * sum(d$w * d$size))
for (distance in c("linear", "raking", "logit")) {
  bounds <- if (distance == "logit") c(0.4, 2) else if (distance == "linear") c(-Inf, Inf) else c(0, Inf)
  fixed <- calibrate(design, ~ 0 + count0 + count1 + size, totals, calfun = distance,
    bounds = bounds, epsilon = 1e-10)
  answers(paste0("calibrated_", distance), fixed)
}

# Strata cut so fine that some have one respondent.
d$cell <- paste(d$stratum, ifelse(ave(d$id, d$stratum, FUN = seq_along) == 1, "first", "rest"))
d$N_cell <- ave(d$w, d$cell, FUN = sum)
for (rule in c("adjust", "average", "certainty", "remove")) {
  options(survey.lonely.psu = rule)
  lonely <- svydesign(ids = ~1, strata = ~cell, weights = ~w, fpc = ~N_cell, data = d)
  answers(paste0("lonely_", rule), lonely)
}
write.csv(do.call(rbind, rows), file.path(here, "numbers.csv"), row.names = FALSE)
