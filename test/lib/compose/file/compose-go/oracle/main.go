// Command oracle reads projects from stdin, one JSON object a line, and writes each with what compose-go makes of it
// under answer. See the README in the folder above.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

type file struct {
	File string `json:"file"`
	Text string `json:"text"`
}

type project struct {
	Name        string            `json:"name,omitempty"`
	Files       []file            `json:"files"`
	Extendable  []file            `json:"extendable,omitempty"`
	Environment map[string]string `json:"environment"`
	// Absent: all profiles.
	Profiles *[]string `json:"profiles,omitempty"`
	// Skips the schema and keeps references that belong to CloudFormation.
	Lenient bool `json:"lenient,omitempty"`
}

type port struct {
	Target    uint32 `json:"target"`
	Protocol  string `json:"protocol"`
	Published string `json:"published,omitempty"`
	HostIP    string `json:"hostIp,omitempty"`
}

type service struct {
	Labels        map[string]string `json:"labels,omitempty"`
	DeployLabels  map[string]string `json:"deployLabels,omitempty"`
	Ports         []port            `json:"ports,omitempty"`
	Expose        []string          `json:"expose,omitempty"`
	DependsOn     map[string]string `json:"dependsOn,omitempty"`
	ContainerName string            `json:"containerName,omitempty"`
	Image         string            `json:"image,omitempty"`
	NetworkMode   string            `json:"networkMode,omitempty"`
	Profiles      []string          `json:"profiles,omitempty"`
	Extensions    map[string]any    `json:"extensions,omitempty"`
}

type answer struct {
	Project    string             `json:"project,omitempty"`
	Services   map[string]service `json:"services,omitempty"`
	Extensions map[string]any     `json:"extensions,omitempty"`
	Error      string             `json:"error,omitempty"`
}

type recorded struct {
	project
	Answer answer `json:"answer"`
}

func main() {
	logrus.SetLevel(logrus.PanicLevel)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	for lines.Scan() {
		var input project
		if err := json.Unmarshal(lines.Bytes(), &input); err != nil {
			panic(err)
		}
		if err := output.Encode(recorded{input, load(input)}); err != nil {
			panic(err)
		}
	}
}

func load(input project) answer {
	folder, err := os.MkdirTemp("", "oracle")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	details := types.ConfigDetails{WorkingDir: folder, Environment: types.Mapping{}}
	for name, value := range input.Environment {
		details.Environment[name] = value
	}
	for _, f := range append(append([]file{}, input.Files...), input.Extendable...) {
		path := filepath.Join(folder, f.File)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(path, []byte(f.Text), 0o644); err != nil {
			panic(err)
		}
	}
	for index, f := range input.Files {
		path := filepath.Join(folder, f.File)
		if index == 0 {
			details.WorkingDir = filepath.Dir(path)
		}
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: path, Content: []byte(f.Text)})
	}
	// The name that compose-go falls back to; the tools take it from the folder.
	const fallback = "fallback-of-the-oracle"
	loaded, err := safely(func() (*types.Project, error) {
		return loader.LoadWithContext(context.Background(), details, func(options *loader.Options) {
			options.SetProjectName(fallback, false)
			options.SkipConsistencyCheck = true
			options.SkipResolveEnvironment = true
			options.SkipResolveLabels = true
			options.SkipValidation = input.Lenient
			options.Profiles = []string{"*"}
			if input.Profiles != nil {
				options.Profiles = *input.Profiles
			}
			if input.Lenient {
				options.Interpolate.Substitute = substituteLeniently
			}
		})
	})
	if err != nil {
		return answer{Error: strings.ReplaceAll(err.Error(), folder+"/", "")}
	}
	result := answer{Project: loaded.Name, Services: map[string]service{}, Extensions: map[string]any{}}
	if loaded.Name == fallback {
		result.Project = ""
	}
	for name, s := range loaded.Services {
		result.Services[name] = read(s)
	}
	for name, value := range loaded.Extensions {
		result.Extensions[name] = value
	}
	return result
}

// substituteLeniently keeps ${AWS::X} and ${!X}.
func substituteLeniently(text string, mapping template.Mapping) (string, error) {
	escaped := strings.NewReplacer("$$", "$$", "${AWS::", "$${AWS::", "${!", "$${!").Replace(text)
	return template.Substitute(escaped, mapping)
}

// safely turns compose-go's panics into errors.
func safely(load func() (*types.Project, error)) (loaded *types.Project, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return load()
}

func read(s types.ServiceConfig) service {
	result := service{
		Labels: map[string]string{}, DeployLabels: map[string]string{}, DependsOn: map[string]string{},
		Ports: []port{}, Expose: []string{}, Profiles: []string{}, Extensions: map[string]any{},
		ContainerName: s.ContainerName, Image: s.Image, NetworkMode: s.NetworkMode,
	}
	for name, value := range s.Labels {
		result.Labels[name] = value
	}
	if s.Deploy != nil {
		for name, value := range s.Deploy.Labels {
			result.DeployLabels[name] = value
		}
	}
	for name, dependency := range s.DependsOn {
		result.DependsOn[name] = dependency.Condition
	}
	for _, p := range s.Ports {
		result.Ports = append(result.Ports, port{p.Target, p.Protocol, p.Published, p.HostIP})
	}
	result.Expose = append(result.Expose, s.Expose...)
	result.Profiles = append(result.Profiles, s.Profiles...)
	for name, value := range s.Extensions {
		result.Extensions[name] = value
	}
	return result
}
