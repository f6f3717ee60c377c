// Parses an exposition again and again with the parsers of Prometheus's own libraries, on one core.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"strings"
	"syscall"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

type result struct {
	Series   int       `json:"series"`
	CPUMs    []float64 `json:"cpu_ms"`
	MaxRSSMb float64   `json:"max_rss_mb"`
}

func cpuMs() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		log.Fatal(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e6
}

// What getrusage tells is no less than that of the process that started this one.
func peakRSSMb() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		log.Fatal(err)
	}
	var kilobytes float64
	for _, line := range strings.Split(string(status), "\n") {
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); err == nil {
			return kilobytes / 1024
		}
	}
	log.Fatal("/proc/self/status: expected a line VmHWM, found none")
	return 0
}

func parseText(body []byte, withLabels bool) (int, error) {
	parser, err := textparse.New(body, "text/plain", labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return 0, err
	}
	series := 0
	var found labels.Labels
	for {
		entry, err := parser.Next()
		if err == io.EOF {
			return series, nil
		}
		if err != nil {
			return 0, err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		series++
		parser.Series()
		if withLabels {
			parser.Labels(&found)
		}
	}
}

func parseFamilies(body []byte) (int, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	metrics := 0
	for _, family := range families {
		metrics += len(family.Metric)
	}
	return metrics, nil
}

func main() {
	parser := flag.String("parser", "textparse-labels", "textparse, textparse-labels or expfmt")
	rounds := flag.Int("rounds", 15, "how often the file is parsed")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	body, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	parsers := map[string]func() (int, error){
		"textparse":        func() (int, error) { return parseText(body, false) },
		"textparse-labels": func() (int, error) { return parseText(body, true) },
		"expfmt":           func() (int, error) { return parseFamilies(body) },
	}
	parse, known := parsers[*parser]
	if !known {
		log.Fatal(fmt.Errorf("no parser %q", *parser))
	}
	var found result
	for range *rounds {
		before := cpuMs()
		if found.Series, err = parse(); err != nil {
			log.Fatal(err)
		}
		found.CPUMs = append(found.CPUMs, cpuMs()-before)
	}
	found.MaxRSSMb = peakRSSMb()
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatal(err)
	}
}
